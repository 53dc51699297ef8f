import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MigrationList } from '@prisma/schema-engine-wasm'

/** [path, content] of every schema file. */
export type SchemaFiles = [string, string][]

/** The repository's `prisma` folder, found from `src` and from `dist` alike. */
export const prismaFolder = fileURLToPath(new URL('../../../../prisma/', import.meta.url))

/** Reads the multi-file schema. */
export function readSchema(folder = prismaFolder): SchemaFiles {
  const schema = join(folder, 'schema')
  return readdirSync(schema)
    .filter((name) => name.endsWith('.prisma'))
    .sort()
    .map((name) => [join(schema, name), readFileSync(join(schema, name), 'utf8')])
}

/** Reads the migrations as the engine wants them. */
export function readMigrations(folder = prismaFolder): MigrationList {
  const baseDir = join(folder, 'migrations')
  const lockfile = join(baseDir, 'migration_lock.toml')
  const names = existsSync(baseDir)
    ? readdirSync(baseDir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : []
  return {
    baseDir,
    lockfile: {
      path: basename(lockfile),
      content: existsSync(lockfile) ? readFileSync(lockfile, 'utf8') : null,
    },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: readScript(join(baseDir, name, 'migration.sql')) },
    })),
  }
}

function readScript(path: string): { tag: 'ok'; value: string } | { tag: 'error'; value: string } {
  try {
    return { tag: 'ok', value: readFileSync(path, 'utf8') }
  } catch (error) {
    return { tag: 'error', value: String(error) }
  }
}
