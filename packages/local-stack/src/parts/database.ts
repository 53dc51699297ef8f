import { createRoles, migrate } from '@toritsugi/db'
import { StackFault } from '@toritsugi/embedded-servers'
import pg from 'pg'
import type { Secrets } from '../checkout/secrets.ts'

export const DATABASE = 'toritsugi'

/**
 * Makes the services' database, roles and tables on a running Postgres; harmless when all of it exists.
 * @returns the names of the migrations that were applied
 */
export async function prepareDatabase(serverUrl: string, passwords: Secrets['database']): Promise<string[]> {
  await createDatabase(serverUrl)
  const url = databaseUrl(serverUrl)
  await createRoles(url, passwords)
  try {
    return await migrate({ url })
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    throw new StackFault(
      `The local database cannot be migrated: ${why}. To begin with an empty one, remove .toritsugi/postgres.`,
      { cause: error },
    )
  }
}

/** The address of the services' database for a role; without one, for the superuser. */
export function databaseUrl(serverUrl: string, role?: { name: string; password: string }): string {
  const url = new URL(serverUrl)
  url.pathname = `/${DATABASE}`
  if (role) {
    url.username = role.name
    url.password = role.password
  }
  return url.href
}

async function createDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (known.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await client.end()
  }
}
