import type { Tx } from './database.ts'
import { type ServiceSchema, table, wakeChannel } from './schema-name.ts'
import { storableJson, storableText } from './storable.ts'

export type NewTimer = {
  /** Unique in the schema: setting it again moves the deadline. */
  key: string
  /** What kind of deadline; the runner picks the handler by it. */
  kind: string
  dueAt: Date
  /** Given back to the handler; must survive JSON. */
  body?: unknown
}

export type DueTimer = { key: string; kind: string; dueAt: Date; body: unknown; attempts: number }

/** Deadlines nearer than this wake the runner; its polls come more often. */
const wakeWithinMs = 5000

/**
 * Sets or moves a deadline in the transaction of the step that wants it. The runner is woken at commit when the
 * deadline is near, and told which it is (Unix ms); it looks for later ones by itself, in good time.
 */
export async function setTimer(tx: Tx, schema: ServiceSchema, timer: NewTimer): Promise<void> {
  const body = storableJson(timer.body)
  await tx.$executeRaw`
    WITH told AS (
      SELECT pg_notify(${wakeChannel(schema, 'timer')}, ${String(timer.dueAt.getTime())})
      WHERE ${timer.dueAt} < clock_timestamp() + make_interval(secs => ${wakeWithinMs / 1000})
    )
    INSERT INTO ${table(schema, 'timer')} (key, kind, due_at, body)
    SELECT ${timer.key}, ${timer.kind}, ${timer.dueAt}, ${body}::jsonb
    FROM (SELECT count(*) FROM told) AS woken
    ON CONFLICT (key) DO UPDATE
      SET kind = excluded.kind, due_at = excluded.due_at, body = excluded.body, attempts = 0, last_error = null`
}

/** Takes a deadline back. One that has been claimed meets `stay` in its machine. Returns whether it was there. */
export async function clearTimer(tx: Tx, schema: ServiceSchema, key: string): Promise<boolean> {
  return (await tx.$executeRaw`DELETE FROM ${table(schema, 'timer')} WHERE key = ${key}`) > 0
}

/**
 * Takes up to `limit` due timers for this transaction, soonest first: they are gone when it commits, and there
 * again when it does not. Others that ask at the same time get different ones.
 */
export async function claimDueTimers(tx: Tx, schema: ServiceSchema, limit = 1): Promise<DueTimer[]> {
  const timers = table(schema, 'timer')
  const rows = await tx.$queryRaw<(Omit<DueTimer, 'dueAt'> & { due_at: Date })[]>`
    WITH due AS MATERIALIZED (
      SELECT key FROM ${timers} WHERE due_at <= clock_timestamp()
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    DELETE FROM ${timers} t USING due WHERE t.key = due.key
    RETURNING t.key, t.kind, t.due_at, t.body, t.attempts`
  return rows
    .map(({ due_at: dueAt, ...row }) => ({ ...row, dueAt }))
    .sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
}

/** Puts a timer whose handler failed back, `delayMs` from now, unless a new one has taken its key. */
export async function postponeTimer(
  tx: Tx,
  schema: ServiceSchema,
  timer: DueTimer,
  failure: { delayMs: number; error: string },
): Promise<void> {
  const timers = table(schema, 'timer')
  await tx.$executeRaw`
    INSERT INTO ${timers} AS known (key, kind, due_at, body, attempts, last_error)
    VALUES (${timer.key}, ${timer.kind},
      clock_timestamp() + make_interval(secs => ${failure.delayMs / 1000}::float8),
      ${storableJson(timer.body)}::jsonb, ${timer.attempts + 1}, ${storableText(failure.error.slice(0, 1000))})
    ON CONFLICT (key) DO UPDATE
      SET due_at = excluded.due_at, attempts = excluded.attempts, last_error = excluded.last_error
      WHERE known.attempts = ${timer.attempts} AND known.due_at = ${timer.dueAt}`
}

/** Milliseconds until the next deadline by the database's clock (negative when late), or null without one. */
export async function nextTimerInMs(tx: Tx, schema: ServiceSchema): Promise<number | null> {
  const [row] = await tx.$queryRaw<{ ms: number | null }[]>`
    SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS ms
    FROM ${table(schema, 'timer')}`
  return row?.ms ?? null
}
