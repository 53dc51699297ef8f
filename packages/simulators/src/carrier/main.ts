import { CommanderError } from 'commander'
import { runCarrier } from './command-line.ts'

try {
  const carrier = await runCarrier(process.argv.slice(2), process.env)
  const line = {
    level: 'info',
    service: 'carrier-simulator',
    url: carrier.url,
    accountSid: carrier.account.sid,
    msg: 'listening',
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void carrier.stop().finally(() => process.exit(0))
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
