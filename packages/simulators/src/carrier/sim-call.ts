import { CommanderError } from 'commander'
import { simulateCall } from './simulated-call.ts'

try {
  process.exitCode = await simulateCall(process.argv.slice(2), process.env, (line) => {
    process.stdout.write(`${line}\n`)
  })
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
