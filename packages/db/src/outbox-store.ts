import type { Envelope } from '@toritsugi/contracts'
import pg from 'pg'
import { connectionSettings, type Database } from './database.ts'
import { type Log, silent } from './log.ts'
import { tableName, wakeChannel } from './schema-name.ts'

/** What became of one row: on the stream, or never to be taken (and why). */
export type Delivery = { ok: true } | { ok: false; failure: string }

/** What became of the lanes asked for. Those not named are done. */
export type Drained = {
  /** Another relay has them. */
  busy: string[]
  /** There may be more rows. */
  more: string[]
  failed: { lane: string; error: unknown }[]
}

/** The outbox of one schema as the relay sees it. */
export type OutboxStore = {
  /** Lanes with unpublished rows, the longest waiting first. */
  waitingLanes(limit: number): Promise<string[]>
  /**
   * Takes those of the lanes that no other relay has, and hands their unpublished rows to `deliver`: in order
   * within a lane, lanes beside each other. A lane whose delivery throws stops there; what was delivered is
   * marked in any case.
   */
  drainLanes(
    lanes: readonly string[],
    rowsPerLane: number,
    deliver: (envelope: Envelope) => Promise<Delivery>,
  ): Promise<Drained>
  /** Calls `wake` with a lane that has news, or null when some may have been missed. */
  onNews(wake: (lane: string | null) => void): () => void
  /** Forgets published rows; the highest `sequence` of each call and source stays for 30 days. */
  prune(): Promise<number>
  /** Unpublished rows and the age of the oldest, ms. */
  backlog(): Promise<{ rows: number; oldestMs: number }>
  close(): Promise<void>
}

export type OutboxStoreOptions = {
  log?: Log
  /** Connections the relay may use at once. Default 4. */
  poolSize?: number
  /** How long published rows are kept to look at, minutes. Default 60. */
  keepMinutes?: number
}

/** A call's count starts over after this; consumers have forgotten it long before (`inboxKeepDays`). */
export const sequenceKeepDays = 30

/** The store behind the relay. It has its own connections, so that requests never wait for the relay. */
export function outboxStore(db: Database, options: OutboxStoreOptions = {}): OutboxStore {
  const { log = silent, poolSize = 4, keepMinutes = 60 } = options
  const outbox = tableName(db.schema, 'outbox')
  const pool = new pg.Pool({
    ...connectionSettings({ url: db.url }),
    max: poolSize,
    application_name: `${db.schema} relay`,
  })
  pool.on('error', (err) => log.warn({ err }, 'idle relay connection lost'))

  const drainLanes: OutboxStore['drainLanes'] = (lanes, rowsPerLane, deliver) =>
    withClient(pool, async (client) => {
      // A mark that is lost in a crash costs a repeat under the same id, so nobody waits for the disk.
      await client.query('BEGIN; SET LOCAL synchronous_commit = off')
      const claimed = await client.query<{ lane: string }>({
        name: 'claim-lanes',
        text: `SELECT lane FROM unnest($1::text[]) AS lane
               WHERE pg_try_advisory_xact_lock(hashtextextended($2 || lane, 0))`,
        values: [lanes, `${db.schema}/relay/`],
      })
      const mine = claimed.rows.map((row) => row.lane)
      // In a statement of its own: it must see what the one who had the lane before has marked.
      const { rows } = await client.query<Row>({
        name: 'read-lanes',
        text: `SELECT row.position, lane, row.envelope FROM unnest($1::text[]) AS lane
               CROSS JOIN LATERAL (
                 SELECT position, envelope FROM ${outbox} o
                 WHERE o.published_at IS NULL AND o.lane = lane.lane ORDER BY position LIMIT $2
               ) AS row ORDER BY row.position`,
        values: [mine, rowsPerLane],
      })
      const byLane = groupByLane(rows)
      const settled: Settled[] = []
      const failed: Drained['failed'] = []
      await Promise.all(
        [...byLane].map(async ([lane, waiting]) => {
          try {
            for (const { position, envelope } of waiting) {
              const delivery = await deliver(envelope)
              settled.push({ position, failure: delivery.ok ? null : delivery.failure })
            }
          } catch (error) {
            failed.push({ lane, error })
          }
        }),
      )
      if (settled.length > 0) {
        await client.query({
          name: 'mark-rows',
          text: `UPDATE ${outbox} SET published_at = clock_timestamp(), failure = done.failure
                 FROM unnest($1::bigint[], $2::text[]) AS done(position, failure)
                 WHERE ${outbox}.position = done.position`,
          values: [settled.map((s) => s.position), settled.map((s) => s.failure)],
        })
      }
      await client.query('COMMIT')
      const had = new Set(mine)
      return {
        busy: lanes.filter((lane) => !had.has(lane)),
        more: [...byLane].flatMap(([lane, waiting]) => (waiting.length >= rowsPerLane ? [lane] : [])),
        failed,
      }
    })

  return {
    drainLanes,
    async waitingLanes(limit) {
      const { rows } = await pool.query<{ lane: string }>({
        name: 'waiting-lanes',
        text: `SELECT lane FROM ${outbox} WHERE published_at IS NULL
               GROUP BY lane ORDER BY min(position) LIMIT $1`,
        values: [limit],
      })
      return rows.map((row) => row.lane)
    },
    onNews: (wake) => db.notifications.on(wakeChannel(db.schema, 'outbox'), wake),
    async prune() {
      const done = await pool.query({
        text: `DELETE FROM ${outbox} WHERE position IN (
                 SELECT o.position FROM ${outbox} o
                 WHERE o.published_at < now() - make_interval(mins => $1)
                   AND (o.published_at < now() - make_interval(days => $2) OR EXISTS (
                     SELECT 1 FROM ${outbox} later
                     WHERE later.lane = o.lane AND later.source = o.source AND later.sequence > o.sequence))
                 LIMIT 1000)`,
        values: [keepMinutes, sequenceKeepDays],
      })
      return done.rowCount ?? 0
    },
    async backlog() {
      const { rows } = await pool.query<{ rows: string; oldest: number | null }>({
        name: 'backlog',
        text: `SELECT count(*) AS rows,
                 (extract(epoch FROM clock_timestamp() - min(created_at)) * 1000)::float8 AS oldest
               FROM ${outbox} WHERE published_at IS NULL`,
      })
      return { rows: Number(rows[0]?.rows ?? 0), oldestMs: Math.max(0, rows[0]?.oldest ?? 0) }
    },
    async close() {
      await pool.end()
    },
  }
}

type Row = { position: string; lane: string; envelope: Envelope }
type Settled = { position: string; failure: string | null }

function groupByLane(rows: readonly Row[]): Map<string, Row[]> {
  const lanes = new Map<string, Row[]>()
  for (const row of rows) {
    const known = lanes.get(row.lane)
    if (known) known.push(row)
    else lanes.set(row.lane, [row])
  }
  return lanes
}

/** Lends a connection; one on which anything failed is closed, and its transaction with it. */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (err: Error) => {
    broken = err
  }
  client.on('error', onError)
  try {
    return await work(client)
  } catch (error) {
    broken ??= error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}
