import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startPostgresContainer, wantsContainers } from './containers.ts'
import { startOwnPostgres } from './own-postgres.ts'

/** Brings a new, empty database to the state tests want: roles and migrations. `url` is the superuser's. */
export type PrepareDatabase = (url: string) => Promise<void>

/** Hands out databases: empty ones, or copies of one that was prepared once. */
export type DatabaseMaker = {
  /** Resolves with the superuser's address of a new database. */
  make(kind: DatabaseKind): Promise<string>
  drop(url: string): Promise<void>
  close(): Promise<void>
}

export type DatabaseKind = 'prepared' | 'empty'

const TEMPLATE = 'toritsugi_template'

/** Starts nothing until the first database is asked for. */
export function createDatabaseMaker(prepare: PrepareDatabase): DatabaseMaker {
  let server: Promise<{ url: string; close(): Promise<void> }> | undefined
  let template: Promise<void> | undefined
  const start = () => {
    server ??= startServer()
    return server
  }
  const prepareTemplate = async (serverUrl: string) => {
    await run(serverUrl, `CREATE DATABASE ${TEMPLATE}`)
    await prepare(databaseUrl(serverUrl, TEMPLATE))
  }
  return {
    async make(kind) {
      const { url: serverUrl } = await start()
      const name = `test_${randomBytes(6).toString('hex')}`
      if (kind === 'empty') {
        await run(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`)
      } else {
        template ??= prepareTemplate(serverUrl)
        await template
        await run(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`)
      }
      return databaseUrl(serverUrl, name)
    },
    async drop(url) {
      const { url: serverUrl } = await start()
      const name = new URL(url).pathname.slice(1)
      if (!/^test_[0-9a-f]{12}$/.test(name))
        throw new Error(`"${name}" is not one of the databases made here`)
      await run(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
    async close() {
      const started = server
      server = undefined
      await (await started?.catch(() => undefined))?.close()
    },
  }
}

async function startServer(): Promise<{ url: string; close(): Promise<void> }> {
  if (!wantsContainers()) return await startOwnPostgres()
  const container = await startPostgresContainer()
  return { url: container.url, close: container.stop }
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** One statement on a connection of its own: CREATE DATABASE from a template wants nobody else connected to it. */
async function run(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
