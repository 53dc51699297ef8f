import type { JsMsg } from '@nats-io/jetstream'
import type { CallFamily, Envelope } from '@toritsugi/contracts'
import { asBusFault } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import type { Arrival, Handled } from './consumer.ts'
import { factStream } from './consumer-config.ts'
import type { DeadLetters } from './dead-letters.ts'
import { findEarlier } from './earlier.ts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'
import { decideRedelivery, defaultRedelivery, type RedeliveryPolicy } from './redelivery.ts'
import type { Stopping } from './stopping.ts'

const parkedPauseMs = 50
/** A message that comes so often without ever being answered takes the process down with it. */
const mostDeliveries = 20

/**
 * Handles one message to its end: acknowledged, buried, or, when we stop meanwhile, given back. It is tried
 * again here rather than by the server, so that later messages of the same call wait behind it.
 */
export function createMessageHandler(parts: {
  connection: Connection
  observer: BusObserver
  log: Log
  deadLetters: DeadLetters
  stopping: Stopping
  durable: string
  families: readonly CallFamily[]
  wants(type: string, family: CallFamily): boolean
  handle(envelope: Envelope, arrival: Arrival): Promise<Handled>
  redelivery: RedeliveryPolicy | undefined
}): (message: JsMsg, envelope: Envelope) => Promise<void> {
  const { connection, observer, log, deadLetters, stopping, durable, families, wants } = parts
  const policy = parts.redelivery ?? defaultRedelivery

  const hasEarlier = (message: JsMsg, envelope: Envelope, position: number): Promise<boolean> =>
    findEarlier(connection, {
      ...{ stream: factStream, families, wants, envelope, position },
      before: message.seq,
    }).catch((error: unknown) => {
      throw asBusFault(error)
    })

  return async (message, envelope) => {
    const { deliveryCount } = message.info
    if (deliveryCount > mostDeliveries) {
      await deadLetters.bury(message, `delivered ${deliveryCount} times and never answered`)
      return
    }
    const firstTriedAt = performance.now()
    // Deliveries are not all our failures, so that alone never makes the next failure the last one.
    let attempt = Math.min(deliveryCount, Math.max(1, policy.maxAttempts - 1))
    while (!stopping.now) {
      const startedAt = performance.now()
      try {
        const handled = await parts.handle(envelope, {
          streamPosition: message.seq,
          waitedMs: Math.round(startedAt - firstTriedAt),
          attempt,
          storedAt: message.time,
          hasEarlier: (position) => hasEarlier(message, envelope, position),
        })
        if (handled !== 'parked') {
          message.ack()
          observer.count?.('handled', durable)
          observer.took?.('handle', durable, performance.now() - startedAt)
          return
        }
        observer.count?.('parked', durable)
        await stopping.rest(parkedPauseMs)
      } catch (error) {
        const decision = decideRedelivery(error, attempt, policy)
        const { type: event, id: eventId, subject: callId } = envelope
        const fields = { err: error, durable, event, eventId, callId, attempt }
        if (decision.do === 'bury') {
          log.error(fields, 'message cannot be handled')
          await deadLetters.bury(message, decision.reason)
          return
        }
        observer.count?.('retried', durable)
        log.warn({ ...fields, ms: decision.afterMs }, 'message is tried again')
        if (decision.counts) attempt++
        await stopping.rest(decision.afterMs)
      }
    }
    // Not begun, or to be tried again: another process gets it.
    message.nak()
  }
}
