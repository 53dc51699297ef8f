import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withEngine } from './engine.ts'
import { prismaFolder, readMigrations, readSchema } from './migration-files.ts'

export type DiffOptions = {
  /** Of a role that may create databases: the migrations are replayed in a shadow database. */
  url: string
  folder?: string
}

/** The SQL that leads from the migrations to the schema files; empty when they agree. */
export async function schemaDiff(options: DiffOptions & { fromNothing?: boolean }): Promise<string> {
  const { url, folder = prismaFolder, fromNothing = false } = options
  const schema = readSchema(folder)
  return withEngine({ url, schema }, async (engine) => {
    const files = schema.map(([path, content]) => ({ path, content }))
    const { stdout } = await engine.diff({
      from: fromNothing ? { tag: 'empty' } : { tag: 'migrations', ...readMigrations(folder) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    })
    const sql = stdout ?? ''
    return /^\s*(-- This is an empty migration\.)?\s*$/.test(sql) ? '' : sql
  })
}

/**
 * Writes the difference as a new migration folder, `<number>_<name>`.
 * @param replace writes the one folder with this name anew, from an empty database: only while nothing has
 *   been released
 * @returns the folder's name, or null when there was nothing to write
 */
export async function writeMigration(
  options: DiffOptions & { name: string; replace?: boolean },
): Promise<string | null> {
  const { folder = prismaFolder, name, replace = false } = options
  if (!/^[a-z0-9_]{1,60}$/.test(name)) {
    throw new Error(`a migration is named with lower-case letters, digits and _: not "${name}"`)
  }
  const existing = readMigrations(folder).migrationDirectories.map((directory) => directory.path)
  const same = existing.find((path) => path.replace(/^\d+_/, '') === name)
  if (replace && existing.length > (same === undefined ? 0 : 1)) {
    throw new Error(`only a lone migration can be replaced; there are ${existing.length}`)
  }
  if (!replace && same !== undefined) throw new Error(`there is a migration named ${same} already`)
  const sql = await schemaDiff({ ...options, fromNothing: replace })
  if (sql === '') return null
  const last = Number(/^\d+/.exec(existing.at(-1) ?? '0')?.[0] ?? 0)
  const path = replace && same !== undefined ? same : `${String(last + 1).padStart(4, '0')}_${name}`
  const target = join(folder, 'migrations', path)
  if (existsSync(target)) rmSync(target, { recursive: true })
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'migration.sql'), sql)
  const lock = join(folder, 'migrations', 'migration_lock.toml')
  if (!existsSync(lock)) writeFileSync(lock, 'provider = "postgresql"\n')
  return path
}
