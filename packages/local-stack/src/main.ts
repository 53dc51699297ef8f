import { messageOf, StackFault } from '@toritsugi/embedded-servers'
import { makeFolders } from './checkout/folders.ts'
import { runLocal } from './local-run.ts'
import { readSettings, USAGE } from './settings.ts'

/** The process of `npm start`: reads what is wanted, runs it, and says in one sentence why it could not. */
async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2), process.env)
  if (settings === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  return await runLocal(settings, makeFolders(process.env.TORITSUGI_HOME || undefined))
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text =
      error instanceof StackFault ? error.message : error instanceof Error ? error.stack : String(error)
    process.stderr.write(`\n${text ?? messageOf(error)}\n`)
    process.exit(1)
  },
)
