import { PrismaPg } from '@prisma/adapter-pg'
import { Fault } from '@toritsugi/contracts'
import pg from 'pg'
import { isDatabaseAway, isWriteConflict } from './database-errors.ts'
import { type Prisma, PrismaClient } from './generated/client.ts'
import { type Log, silent } from './log.ts'
import { createNotifications, type Notifications } from './notifications.ts'
import type { ServiceSchema } from './schema-name.ts'

/** The client inside a transaction: what repositories take as their first argument. */
export type Tx = Prisma.TransactionClient

export type TransactionOptions = {
  /** How often the whole function is run again after a write conflict or a deadlock. Default 3. */
  retries?: number
  /** The longest the function may take, ms. Default 5000. */
  timeoutMs?: number
  /** Default: read committed. */
  isolation?: 'ReadCommitted' | 'RepeatableRead' | 'Serializable'
}

export type Database = {
  readonly url: string
  readonly schema: ServiceSchema
  /** For single statements outside a transaction. */
  readonly client: PrismaClient
  readonly notifications: Notifications
  /**
   * Runs `work` in one transaction. It is run again after a write conflict, so it must do nothing that the
   * transaction cannot take back.
   * @throws Fault `database.unavailable` when the server is away; whatever `work` throws otherwise
   */
  inTransaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Answers in `timeoutMs` (default 1000) whether the server answers a query. */
  isReachable(timeoutMs?: number): Promise<boolean>
  close(): Promise<void>
}

export type DatabaseOptions = {
  /** postgres://role:password@host:port/database */
  url: string
  schema: ServiceSchema
  log?: Log
  /** The most connections of the pool. Default 10. */
  poolSize?: number
  /** Longest a statement may run, ms. Default 10 000. */
  statementTimeoutMs?: number
}

/** Settings of every connection. Prisma reads timestamps as UTC whatever the server's zone, so it must be UTC. */
export function connectionSettings(options: { url: string; statementTimeoutMs?: number }): pg.PoolConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000
  return {
    connectionString: options.url,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    // Otherwise a closed pool keeps the process alive until this runs out.
    allowExitOnIdle: true,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 2000,
    idle_in_transaction_session_timeout: 30_000,
    options: '-c TimeZone=UTC -c default_transaction_isolation=read\\ committed',
  }
}

/** Opens a pool and the Prisma client over it. Connects lazily: a server that is away is no error here. */
export function openDatabase(options: DatabaseOptions): Database {
  const log = options.log ?? silent
  const pool = new pg.Pool({
    ...connectionSettings(options),
    max: options.poolSize ?? 10,
    application_name: options.schema,
  })
  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'))
  const client = new PrismaClient({
    adapter: new PrismaPg(pool, { statementNameGenerator: statementNames() }),
    errorFormat: 'minimal',
  })
  const notifications = createNotifications({ settings: connectionSettings(options), log })

  const inTransaction = async <T>(
    work: (tx: Tx) => Promise<T>,
    { retries = 3, timeoutMs = 5000, isolation }: TransactionOptions = {},
  ): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.$transaction(work, {
          timeout: timeoutMs,
          maxWait: 5000,
          // Naming the default level would cost every transaction one more round trip.
          ...(isolation === undefined ? {} : { isolationLevel: isolation }),
        })
      } catch (cause) {
        if (isWriteConflict(cause) && attempt <= retries) {
          log.warn({ attempt, err: cause }, 'transaction repeated')
          await pause(attempt * 5 * (1 + Math.random()))
          continue
        }
        if (isDatabaseAway(cause)) throw new Fault('database.unavailable', { cause })
        throw cause
      }
    }
  }

  const isReachable = async (timeoutMs = 1000): Promise<boolean> => {
    const late = pause(timeoutMs, { unref: true }).then(() => false)
    const asked = pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
    return Promise.race([asked, late])
  }

  return {
    url: options.url,
    schema: options.schema,
    client,
    notifications,
    inTransaction,
    isReachable,
    async close() {
      await notifications.close()
      await client.$disconnect()
      await pool.end()
    },
  }
}

/** More texts than this a service does not have; whatever makes them up as it goes is left unnamed. */
const mostStatements = 500

/**
 * Names each statement by its text: a named one is parsed and planned once per connection instead of each time,
 * which is most of what a short statement costs the server.
 */
function statementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const known = names.get(sql)
    if (known !== undefined || names.size >= mostStatements) return known ?? ''
    const name = `s${names.size}`
    names.set(sql, name)
    return name
  }
}

function pause(ms: number, options: { unref?: boolean } = {}): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    if (options.unref) timer.unref()
  })
}
