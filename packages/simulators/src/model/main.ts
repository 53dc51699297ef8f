import { CommanderError } from 'commander'
import { runModel } from './command-line.ts'

try {
  const model = await runModel(process.argv.slice(2), process.env)
  const { url, wssUrl, baseUrl, port } = model
  const line = { level: 'info', service: 'model-simulator', url, wssUrl, baseUrl, port, msg: 'listening' }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void model.stop().finally(() => process.exit(0))
    })
  }
} catch (error) {
  // Commander has already said what is wrong with an argument, or shown its help.
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
