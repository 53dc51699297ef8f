import type { Envelope } from '@toritsugi/contracts'
import type { Tx } from './database.ts'
import { decideOrder } from './order.ts'
import { laneOf } from './outbox.ts'
import { type ServiceSchema, table } from './schema-name.ts'

/**
 * Runs `effect` unless this consumer has applied the message before; both are settled by the transaction. Of
 * two that come at the same time the second waits for the first.
 * @returns true when the effect ran
 */
export async function applyOnce(
  tx: Tx,
  schema: ServiceSchema,
  consumer: string,
  messageId: string,
  effect: () => Promise<void>,
): Promise<boolean> {
  const added = await tx.$executeRaw`
    INSERT INTO ${table(schema, 'inbox')} (consumer, message_id) VALUES (${consumer}, ${messageId})
    ON CONFLICT DO NOTHING`
  if (added === 0) return false
  await effect()
  return true
}

/** What became of a message. `parked`: nothing was done, ask again soon. */
export type Applied = 'applied' | 'repeated' | 'stale' | 'parked'

/** What the bus knows of a message beside its envelope; `bus.on` hands it to the handler. */
export type Arrival = {
  /** The message's place in its stream. */
  streamPosition: number
  /** How long it has been parked, ms. */
  waitedMs: number
  /**
   * Asks the stream whether this consumer is due another message of the same call and source that lies after
   * `position` and before this one.
   */
  hasEarlier(position: number): Promise<boolean>
}

/**
 * Like `applyOnce`, and in the order of `sequence` per call and source: a lower one is dropped (`stale`), and
 * a gap is parked for at most 5 s. A gap counts only when the stream holds a message for this consumer in it.
 */
export async function applyInOrder(
  tx: Tx,
  schema: ServiceSchema,
  consumer: string,
  envelope: Envelope,
  arrival: Arrival,
  effect: () => Promise<void>,
): Promise<Applied> {
  const inbox = table(schema, 'inbox')
  const lane = laneOf(envelope)
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock(
      hashtextextended(${`${schema}/inbox/${consumer}/${lane}/${envelope.source}`}, 0))`
  const [known] = await tx.$queryRaw<{ repeated: boolean; last: number | null; position: bigint | null }[]>`
    SELECT
      EXISTS (SELECT 1 FROM ${inbox} WHERE consumer = ${consumer} AND message_id = ${envelope.id}) AS repeated,
      last.sequence AS last, last.stream_position AS position
    FROM (SELECT 1) AS one LEFT JOIN LATERAL (
      SELECT sequence, stream_position FROM ${inbox}
      WHERE consumer = ${consumer} AND lane = ${lane} AND source = ${envelope.source}
      ORDER BY sequence DESC LIMIT 1
    ) AS last ON true`
  if (known?.repeated) return 'repeated'
  const order = { last: known?.last ?? null, sequence: envelope.sequence, waitedMs: arrival.waitedMs }
  // Asked in the rare case only: most messages are the next one.
  const mayGap = decideOrder({ ...order, gapIsReal: true }) === 'park'
  const gapIsReal = mayGap && (await arrival.hasEarlier(Number(known?.position ?? 0)))
  const decision = decideOrder({ ...order, gapIsReal })
  if (decision === 'park') return 'parked'
  await tx.$executeRaw`
    INSERT INTO ${inbox} (consumer, message_id, lane, source, sequence, stream_position)
    VALUES (${consumer}, ${envelope.id}, ${lane}, ${envelope.source}, ${envelope.sequence},
      ${BigInt(arrival.streamPosition)})`
  if (decision === 'drop') return 'stale'
  await effect()
  return 'applied'
}

/** Longer than any stream keeps a message (7 days), so that nothing forgotten here can come again. */
export const inboxKeepDays = 8

/** Forgets messages older than `inboxKeepDays`. At most `limit` rows; returns how many. */
export async function pruneInbox(tx: Tx, schema: ServiceSchema, limit = 1000): Promise<number> {
  const inbox = table(schema, 'inbox')
  return tx.$executeRaw`
    DELETE FROM ${inbox} WHERE (consumer, message_id) IN (
      SELECT consumer, message_id FROM ${inbox}
      WHERE created_at < now() - make_interval(days => ${inboxKeepDays}) LIMIT ${limit})`
}
