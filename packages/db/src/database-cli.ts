import { parseArgs } from 'node:util'
import { schemaDiff, writeMigration } from './migrations/diff.ts'
import { markRolledBack, migrate } from './migrations/migrate.ts'

const usage = `database <migrate|diff|check> [options]   (--url, or DATABASE_ADMIN_URL)
  migrate [--rolled-back <migration>]   apply what is missing
  diff --name <name> [--replace]        write a migration from the schema files (needs CREATEDB)
  check                                 fail when schema files and migrations differ
`

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      name: { type: 'string' },
      replace: { type: 'boolean' },
      'rolled-back': { type: 'string' },
    },
  })
  const url = values.url ?? process.env.DATABASE_ADMIN_URL
  const [action] = positionals
  if (action === undefined || !['migrate', 'diff', 'check'].includes(action)) return say(usage, 2)
  if (url === undefined) {
    return say('Which database? Give --url postgres://… or set DATABASE_ADMIN_URL.\n', 2)
  }
  if (action === 'migrate') {
    const migration = values['rolled-back']
    if (migration !== undefined) {
      await markRolledBack({ url, migration })
      return say(`${migration} counts as rolled back\n`, 0)
    }
    const applied = await migrate({ url })
    return say(applied.length === 0 ? 'The database is up to date.\n' : `Applied ${applied.join(', ')}.\n`, 0)
  }
  if (action === 'diff') {
    if (values.name === undefined) return say('Name the migration: --name add_calls\n', 2)
    const { name, replace = false } = values
    const written = await writeMigration({ url, name, replace })
    return say(written === null ? 'Nothing has changed.\n' : `Wrote prisma/migrations/${written}.\n`, 0)
  }
  const sql = await schemaDiff({ url })
  if (sql === '') return say('Schema files and migrations agree.\n', 0)
  return say(`Schema files and migrations differ; run "pnpm db:diff --name <name>". Missing:\n${sql}\n`, 1)
}

function say(text: string, code: number): number {
  ;(code === 0 ? process.stdout : process.stderr).write(text)
  return code
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
