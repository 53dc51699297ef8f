import type { Envelope } from '@toritsugi/contracts'
import pg from 'pg'
import { connectionSettings, type Database } from './database.ts'
import { type Log, silent } from './log.ts'
import { tableName, wakeChannel } from './schema-name.ts'

/** What became of one row: on the stream, or never to be taken (and why). */
export type Delivery = { ok: true } | { ok: false; failure: string }

/** The outbox of one schema as the relay sees it. */
export type OutboxStore = {
  /** Lanes with unpublished rows, the longest waiting first. */
  waitingLanes(limit: number): Promise<string[]>
  /**
   * Takes a lane for itself, if no other relay has it, and hands its unpublished rows to `deliver` in order.
   * Rows delivered are marked even when a later one throws.
   * @returns `busy` when another has the lane; `more` when rows may be left; else `done`
   */
  drainLane(
    lane: string,
    limit: number,
    deliver: (envelope: Envelope) => Promise<Delivery>,
  ): Promise<'busy' | 'more' | 'done'>
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
  /** Connections the relay may use at once. Default 8. */
  poolSize?: number
  /** How long published rows are kept to look at, minutes. Default 60. */
  keepMinutes?: number
}

/** A call's count starts over after this; consumers have forgotten it long before (`inboxKeepDays`). */
export const sequenceKeepDays = 30

/** The store behind the relay. It has its own connections, so that requests never wait for the relay. */
export function outboxStore(db: Database, options: OutboxStoreOptions = {}): OutboxStore {
  const { log = silent, poolSize = 8, keepMinutes = 60 } = options
  const outbox = tableName(db.schema, 'outbox')
  const pool = new pg.Pool({
    ...connectionSettings({ url: db.url }),
    max: poolSize,
    application_name: `${db.schema} relay`,
  })
  pool.on('error', (err) => log.warn({ err }, 'idle relay connection lost'))

  const drainLane: OutboxStore['drainLane'] = async (lane, limit, deliver) => {
    const client = await pool.connect()
    let open = false
    let broken: Error | undefined
    const onError = (err: Error) => {
      broken = err
    }
    client.on('error', onError)
    try {
      await client.query('BEGIN')
      open = true
      const lock = await client.query<{ had: boolean }>({
        name: 'lock-lane',
        text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS had',
        values: [`${db.schema}/relay/${lane}`],
      })
      if (!lock.rows[0]?.had) {
        await client.query('ROLLBACK')
        return 'busy'
      }
      const { rows } = await client.query<{ position: string; envelope: Envelope }>({
        name: 'read-lane',
        text: `SELECT position, envelope FROM ${outbox} WHERE published_at IS NULL AND lane = $1
               ORDER BY position LIMIT $2`,
        values: [lane, limit],
      })
      const settled: { position: string; failure: string | null }[] = []
      let failed: { error: unknown } | undefined
      for (const row of rows) {
        try {
          const delivery = await deliver(row.envelope)
          settled.push({ position: row.position, failure: delivery.ok ? null : delivery.failure })
        } catch (error) {
          failed = { error }
          break
        }
      }
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
      open = false
      if (failed) throw failed.error
      return rows.length === limit ? 'more' : 'done'
    } catch (error) {
      if (open) {
        await client.query('ROLLBACK').catch((err: Error) => {
          broken = err
        })
      }
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  return {
    drainLane,
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
