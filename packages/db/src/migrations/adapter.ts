import { PrismaPg } from '@prisma/adapter-pg'
import {
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQueryable,
} from '@prisma/driver-adapter-utils'
import pg from 'pg'

/** Postgres' internal one-byte type, which the catalogues are full of and the stock adapter refuses. */
const charOid = 18
/** text */
const textOid = 25

/**
 * The stock adapter with three things mended that the schema engine needs: columns of type "char" can be read;
 * a script is sent as one piece (the stock one cuts at every semicolon and spreads the pieces over the pool);
 * and the shadow database is a database of its own, dropped by force when it is done with.
 */
export class MigrationAdapter implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres'
  readonly adapterName = '@prisma/adapter-pg'
  readonly #url: string
  readonly #open = new Set<SqlDriverAdapter>()

  /** @param url of a role that may create tables, and databases when a shadow database is wanted */
  constructor(url: string) {
    this.#url = url
  }

  async connect(): Promise<SqlDriverAdapter> {
    return this.#remember(await connectTo(this.#url))
  }

  /** Closes what the engine left open: it lets go of its connections without closing them. */
  async close(): Promise<void> {
    for (const adapter of this.#open) await adapter.dispose()
  }

  #remember(adapter: SqlDriverAdapter): SqlDriverAdapter {
    const dispose = adapter.dispose.bind(adapter)
    this.#open.add(adapter)
    adapter.dispose = async () => {
      if (this.#open.delete(adapter)) await dispose()
    }
    return adapter
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `toritsugi_shadow_${globalThis.crypto.randomUUID().replaceAll('-', '')}`
    await runAlone(this.#url, `CREATE DATABASE "${name}"`)
    const url = new URL(this.#url)
    url.pathname = `/${name}`
    const adapter = await connectTo(url.href)
    const dispose = adapter.dispose.bind(adapter)
    adapter.dispose = async () => {
      await dispose()
      await runAlone(this.#url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    }
    return this.#remember(adapter)
  }
}

async function connectTo(url: string): Promise<SqlDriverAdapter> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    allowExitOnIdle: true,
    connectionTimeoutMillis: 10_000,
    // A lock that another migration holds may be waited for, but not for ever.
    options: '-c TimeZone=UTC -c lock_timeout=60000',
    application_name: 'migrations',
  })
  pool.on('error', () => {})
  const adapter: SqlDriverAdapter = await new PrismaPg(pool).connect()
  readCharColumns(adapter)
  const startTransaction = adapter.startTransaction.bind(adapter)
  adapter.startTransaction = async (isolation) => {
    const transaction = await startTransaction(isolation)
    readCharColumns(transaction)
    return transaction
  }
  adapter.executeScript = async (script) => {
    try {
      await pool.query(script)
    } catch (error) {
      throw error instanceof pg.DatabaseError ? new DriverAdapterError(told(error)) : error
    }
  }
  adapter.dispose = () => pool.end()
  return adapter
}

type Reader = { query(query: unknown): Promise<pg.QueryArrayResult> }

/**
 * Lets a queryable of the stock adapter read columns of type "char": to the stock code they are shown as text,
 * to the engine as a character.
 */
function readCharColumns(queryable: SqlQueryable): void {
  const { client } = queryable as unknown as { client: Reader }
  const { queryRaw } = queryable
  queryable.queryRaw = async (query) => {
    let charColumns: number[] = []
    const reader: Reader = {
      async query(text) {
        const result = await client.query(text)
        charColumns = result.fields.flatMap((field, index) => (field.dataTypeID === charOid ? [index] : []))
        for (const index of charColumns) Object.assign(result.fields[index] ?? {}, { dataTypeID: textOid })
        return result
      },
    }
    const reading = Object.create(queryable, { client: { value: reader } }) as SqlQueryable
    const result = await queryRaw.call(reading, query)
    for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
}

function told(error: pg.DatabaseError): ConstructorParameters<typeof DriverAdapterError>[0] {
  return {
    kind: 'postgres',
    code: error.code ?? 'N/A',
    severity: error.severity ?? 'N/A',
    message: error.message,
    detail: error.detail,
    column: error.column,
    hint: error.hint,
  }
}

/** One statement on a connection of its own: databases are not created in a transaction. */
async function runAlone(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
