import { type Log, silent } from '../log.ts'
import { type SchemaEngine, withEngine } from './engine.ts'
import { MigrationError } from './migration-error.ts'
import { prismaFolder, readMigrations, readSchema } from './migration-files.ts'

export type MigrateOptions = {
  /** Of a role that may create schemas and tables. */
  url: string
  log?: Log
  /** The folder that holds `schema/` and `migrations/`. Default: the repository's. */
  folder?: string
}

const noFilter = { externalTables: [], externalEnums: [] }

/**
 * Brings the database to the last migration: applies the missing ones in order, each recorded in Prisma's own
 * `_prisma_migrations`. Two that run at once take turns.
 * @returns the names applied; empty when there was nothing to do
 * @throws MigrationError when a migration was edited after it was applied, failed before, or fails now
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { url, log = silent, folder = prismaFolder } = options
  const migrationsList = readMigrations(folder)
  return withEngine({ url, schema: readSchema(folder) }, async (engine) => {
    await checkHistory(engine, migrationsList)
    const startedAt = performance.now()
    const { appliedMigrationNames: applied } = await engine.applyMigrations({
      migrationsList,
      filters: noFilter,
    })
    const ms = Math.round(performance.now() - startedAt)
    if (applied.length > 0) log.info({ applied, ms }, 'database migrated')
    return applied
  })
}

/** Looks at the history first: the engine itself does not notice an edited migration. */
async function checkHistory(
  engine: SchemaEngine,
  migrationsList: ReturnType<typeof readMigrations>,
): Promise<void> {
  const history = await engine.diagnoseMigrationHistory({
    migrationsList,
    optInToShadowDatabase: false,
    filters: noFilter,
  })
  const [edited] = history.editedMigrationNames
  if (edited !== undefined) {
    throw new MigrationError(
      'edited',
      `The migration ${edited} was edited after it had been applied to this database. ` +
        'Put its text back and add a new migration, or, for a database without data worth keeping, drop it.',
    )
  }
  const [failed] = history.failedMigrationNames
  if (failed !== undefined) {
    throw new MigrationError(
      'failed',
      `The migration ${failed} failed on this database before. Mend what it left behind, then run ` +
        `"pnpm db:migrate --rolled-back ${failed}" and migrate again.`,
    )
  }
  if (history.history?.diagnostic === 'historiesDiverge') {
    throw new MigrationError(
      'diverged',
      `The database holds migrations that are not in the folder: ${history.history.unpersistedMigrationNames.join(', ')}.`,
    )
  }
}

/** Says of a failed migration that its leftovers were cleared away, so that it can be applied again. */
export async function markRolledBack(options: MigrateOptions & { migration: string }): Promise<void> {
  const { url, folder = prismaFolder, migration } = options
  await withEngine({ url, schema: readSchema(folder) }, (engine) =>
    engine.markMigrationRolledBack({ migrationName: migration }),
  )
}
