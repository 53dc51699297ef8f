import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeAfterwards, startChild, startPostgres } from '@toritsugi/embedded-servers'
import { takeCheckout } from './checkout/checkout-lock.ts'
import { checkout, makeFolders } from './checkout/folders.ts'
import { loadSecrets } from './checkout/secrets.ts'
import { databaseUrl, prepareDatabase } from './parts/database.ts'
import { portsFrom, readBase } from './settings.ts'

/**
 * The database commands for people who have no Postgres of their own running: `migrate` works on the local stack's
 * data, `diff` and `check` on an empty database that is gone afterwards. With --url or DATABASE_ADMIN_URL nothing
 * is started.
 */
async function main(args: readonly string[]): Promise<number> {
  const given = args.some((arg) => arg.startsWith('--url')) || Boolean(process.env.DATABASE_ADMIN_URL)
  if (given || args.length === 0) return await runCommand(args, process.env.DATABASE_ADMIN_URL)
  return args[0] === 'migrate' ? await onLocalData(args) : await onScratch(args)
}

async function onScratch(args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'toritsugi-database-'))
  chmodSync(folder, 0o755)
  removeAfterwards(folder)
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: 0, durable: false })
  try {
    return await runCommand(args, postgres.url)
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function onLocalData(args: readonly string[]): Promise<number> {
  const folders = makeFolders(process.env.TORITSUGI_HOME || undefined)
  const lock = await takeCheckout(folders.lock, (line) => process.stderr.write(`${line}\n`))
  try {
    const { postgres: port } = portsFrom(readBase(process.env.TORITSUGI_PORT_BASE))
    const postgres = await startPostgres({ dataDir: folders.postgres, port })
    lock.record(postgres.pid)
    try {
      if (args.includes('--rolled-back')) return await runCommand(args, databaseUrl(postgres.url))
      const applied = await prepareDatabase(postgres.url, loadSecrets(folders.secrets).database)
      process.stdout.write(
        applied.length > 0 ? `Applied ${applied.join(', ')}.\n` : 'The database is up to date.\n',
      )
      return 0
    } finally {
      await postgres.stop()
    }
  } finally {
    lock.release()
  }
}

async function runCommand(args: readonly string[], url: string | undefined): Promise<number> {
  const child = await startChild({
    name: 'the database command',
    command: process.execPath,
    args: [join(checkout, 'packages/db/dist/database-cli.js'), ...args],
    env: { ...process.env, ...(url === undefined ? {} : { DATABASE_ADMIN_URL: url }) },
    log: (line, output) => void process[output].write(`${line}\n`),
  })
  return (await child.exited).code ?? 1
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
