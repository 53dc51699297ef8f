import pg from 'pg'
import { type ServiceSchema, serviceSchemas } from './schema-name.ts'

/** One password per service role; the role is named like its schema. */
export type RolePasswords = Record<ServiceSchema, string>

/**
 * Makes the services' roles and their rights; harmless when repeated, and it sets the passwords anew. Each role
 * may use the tables of its own schema and nothing else. Kept outside the migrations because passwords are not
 * part of a schema and because hosted databases make roles their own way.
 * @param url of the role that applies the migrations: what it creates later gets the same rights
 */
export async function createRoles(url: string, passwords: RolePasswords): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await createRolesOnce(url, passwords)
    } catch (error) {
      if (attempt === mostAttempts || !isRace(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, attempt * 20 * (1 + Math.random())))
    }
  }
}

const mostAttempts = 10

/** Roles belong to the whole server: another database's set-up may be changing the same ones. */
function isRace(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === '42710' || code === '23505' || code === '40P01' || message === 'tuple concurrently updated'
}

async function createRolesOnce(url: string, passwords: RolePasswords): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('toritsugi/roles', 0))")
    for (const schema of serviceSchemas) await createRole(client, schema, passwords[schema])
    await client.query('COMMIT')
  } finally {
    await client.end()
  }
}

async function createRole(client: pg.Client, schema: ServiceSchema, password: string): Promise<void> {
  const role = client.escapeIdentifier(schema)
  const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [schema])
  if (known.rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`)
  await client.query(`ALTER ROLE ${role} WITH LOGIN PASSWORD ${client.escapeLiteral(password)}`)
  const {
    rows: [database],
  } = await client.query<{ name: string }>('SELECT current_database() AS name')
  const statements = [
    `GRANT CONNECT ON DATABASE ${client.escapeIdentifier(database?.name ?? '')} TO ${role}`,
    `CREATE SCHEMA IF NOT EXISTS ${role}`,
    `REVOKE ALL ON SCHEMA ${role} FROM PUBLIC`,
    `GRANT USAGE ON SCHEMA ${role} TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${role} TO ${role}`,
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${role} TO ${role}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${role} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${role} GRANT USAGE, SELECT ON SEQUENCES TO ${role}`,
  ]
  for (const statement of statements) await client.query(statement)
}
