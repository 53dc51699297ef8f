import { headers } from '@nats-io/nats-core'
import type { Envelope } from '@toritsugi/contracts'
import { asBusFault } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import { encodeEnvelope, encodeJson, subjectOf } from './envelope-codec.ts'
import type { BusObserver } from './observer.ts'

export type Published = {
  /** The message's place in its stream. */
  sequence: number
  /** The stream had a message with this id already. */
  duplicate: boolean
}

/**
 * Publishes a fact to its stream and waits for the acknowledgement. Repeating it with the same envelope is
 * harmless for two minutes. Not retried here: the outbox relay and the spools do that, in their order.
 * @param checked the envelope is known to fit its schema
 * @throws Fault `bus.malformed` (never retry), `bus.unavailable`, `bus.timed-out`, `bus.no-responders`
 */
export async function publishFact(
  connection: Connection,
  observer: BusObserver,
  envelope: Envelope,
  { checked = false, timeoutMs = 3000 }: { checked?: boolean; timeoutMs?: number } = {},
): Promise<Published> {
  const bytes = encodeEnvelope(envelope, { checked })
  const subject = subjectOf(envelope)
  const startedAt = performance.now()
  try {
    connection.assertConnected()
    const head = headers()
    if (envelope.traceparent !== undefined) head.set('traceparent', envelope.traceparent)
    const ack = await connection.js.publish(subject, bytes, {
      msgID: envelope.id,
      timeout: timeoutMs,
      headers: head,
      retries: 0,
    })
    observer.count?.('published', envelope.type)
    observer.took?.('publish', envelope.type, performance.now() - startedAt)
    return { sequence: ack.seq, duplicate: ack.duplicate }
  } catch (error) {
    observer.count?.('publish-failed', envelope.type)
    throw asBusFault(error)
  }
}

/** Sends something nobody stores; while the server is away it is dropped. Never throws. */
export function publishLive(connection: Connection, subjectParts: readonly string[], data: unknown): boolean {
  if (!connection.isConnected()) return false
  try {
    connection.nats.publish(liveSubjectOf(subjectParts), encodeJson(data))
    return true
  } catch {
    return false
  }
}

/** `live.v1.<part>.<part>`; parts are tokens, without dots, wildcards or white space. */
export function liveSubjectOf(parts: readonly string[]): string {
  const bad = parts.find((part) => !/^[A-Za-z0-9_-]+$/.test(part))
  if (bad !== undefined || parts.length === 0) throw new Error(`not a live subject: ${parts.join('.')}`)
  return `live.v1.${parts.join('.')}`
}
