import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { type CallFamily, type Channel, callSubject, type Envelope } from '@toritsugi/contracts'
import { isMissing } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import { createDeadLetters } from './dead-letters.ts'
import { findEarlier } from './earlier.ts'
import { decodeEnvelope } from './envelope-codec.ts'
import { createLanes } from './lanes.ts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'
import { doneWithin, pause } from './pause.ts'
import { decideRedelivery, defaultRedelivery, type RedeliveryPolicy } from './redelivery.ts'

/** What the bus knows of a message beside its envelope. */
export type Arrival = {
  /** The message's place in its stream. */
  streamPosition: number
  /** How long it has been parked, ms. */
  waitedMs: number
  /** 1 for the first time; outages are not counted. */
  attempt: number
  /** Published at, by the server's clock. */
  storedAt: Date
  /**
   * Asks the stream whether this consumer is due another message of the same call and source that lies after
   * `position` and before this one.
   */
  hasEarlier(position: number): Promise<boolean>
}

/** What a handler may return: `parked` asks for the message to be tried again soon, without counting. */
export type Handled = 'parked' | unknown

export type ConsumerOptions = {
  /** The name under which the stream remembers what was taken; one per service and purpose. */
  durable: string
  /** What is listened to; the handler is given nothing else. */
  channels?: readonly Channel[]
  /** Or whole families. */
  families?: readonly CallFamily[]
  /** Where a new durable begins. Default `all`: everything the stream still has. */
  from?: 'all' | 'new'
  handle(envelope: Envelope, arrival: Arrival): Promise<Handled>
  /** Calls worked on at once. Default 16. */
  parallel?: number
  /** Messages taken and not yet acknowledged, at most. Default 256. */
  maxPending?: number
  redelivery?: RedeliveryPolicy
}

export type Subscription = {
  /** Resolves when the server knows of it. */
  readonly ready: Promise<void>
  /** Takes no more, waits for what is being handled (at most `drainMs`, default 5000). */
  stop(drainMs?: number): Promise<void>
}

const ackWaitMs = 10_000
const parkedPauseMs = 50
const silentAfterMisses = 3

/** Consumes facts until stopped, whatever happens to the server, the stream or the durable meanwhile. */
export async function consumeFacts(
  connection: Connection,
  observer: BusObserver,
  log: Log,
  options: ConsumerOptions,
): Promise<Subscription> {
  const { durable, parallel = 16, maxPending = 256, redelivery = defaultRedelivery } = options
  const families = [
    ...new Set([...(options.channels ?? []).map((c) => c.family), ...(options.families ?? [])]),
  ]
  if (families.length === 0) throw new Error(`the consumer ${durable} listens to nothing`)
  const types = options.families ? null : new Set((options.channels ?? []).map((c) => c.type))
  const wants = (type: string, family: CallFamily) =>
    types === null ? true : types.has(type) || (options.families?.includes(family) ?? false)
  const stream = 'CALLS'
  const lanes = createLanes(parallel)
  const held = new Set<JsMsg>()
  const deadLetters = createDeadLetters(connection, observer, log, durable)
  const stopping = { now: false, wake: () => {} }
  let messages: ConsumerMessages | undefined

  const config: Partial<ConsumerConfig> & { durable_name: string } = {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: maxPending,
    max_deliver: -1,
    deliver_policy: options.from === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
    filter_subjects: families.map((family) => callSubject('*', family)),
  }

  const ensureConsumer = async (): Promise<void> => {
    const { consumers } = connection.jsm
    const found = await consumers.info(stream, durable).catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
    if (found === null) await consumers.add(stream, config)
    else if (differs(found.config, config)) {
      const { deliver_policy: _, ack_policy: __, durable_name: ___, ...changeable } = config
      await consumers.update(stream, durable, { ...found.config, ...changeable })
    }
  }

  const handleOne = async (message: JsMsg, envelope: Envelope): Promise<void> => {
    const firstTriedAt = performance.now()
    let attempt = message.info.deliveryCount
    for (let firstRun = true; !stopping.now || firstRun; firstRun = false) {
      const startedAt = performance.now()
      try {
        const handled = await options.handle(envelope, {
          streamPosition: message.seq,
          waitedMs: Math.round(startedAt - firstTriedAt),
          attempt,
          storedAt: message.time,
          hasEarlier: (position) =>
            findEarlier(connection, { stream, families, wants, envelope, position, before: message.seq }),
        })
        if (handled === 'parked') {
          observer.count?.('parked', durable)
          await rest(parkedPauseMs)
          continue
        }
        message.ack()
        observer.count?.('handled', durable)
        observer.took?.('handle', durable, performance.now() - startedAt)
        return
      } catch (error) {
        const decision = decideRedelivery(error, attempt, redelivery)
        const fields = {
          err: error,
          durable,
          event: envelope.type,
          eventId: envelope.id,
          callId: envelope.subject,
          attempt,
        }
        if (decision.do === 'bury') {
          log.error(fields, 'message cannot be handled')
          await deadLetters.bury(message, decision.reason)
          return
        }
        observer.count?.('retried', durable)
        log.warn({ ...fields, ms: decision.afterMs }, 'message is tried again')
        if (decision.counts) attempt++
        await rest(decision.afterMs)
      }
    }
    // Stopped while it was to be tried again: another process gets it.
    message.nak()
  }

  const rest = async (ms: number): Promise<void> => {
    const resting = pause(ms)
    resters.add(resting.wake)
    await resting.over
    resters.delete(resting.wake)
  }
  const resters = new Set<() => void>()

  const take = (message: JsMsg): void => {
    const decoded = decodeEnvelope(message.data)
    if (decoded.is === 'unknown') {
      observer.count?.('unknown-type', durable)
      message.ack()
      return
    }
    if (decoded.is === 'poison') {
      log.error(
        { durable, subject: message.subject, seq: message.seq, reason: decoded.reason },
        'message is malformed',
      )
      held.add(message)
      lanes.add(`poison ${message.seq}`, async () => {
        await deadLetters.bury(message, decoded.reason)
        held.delete(message)
      })
      return
    }
    const { envelope, channel } = decoded
    if (!wants(channel.type, channel.family)) {
      message.ack()
      return
    }
    held.add(message)
    lanes.add(envelope.subject ?? envelope.source, async () => {
      try {
        await handleOne(message, envelope)
      } finally {
        held.delete(message)
      }
    })
  }

  const consumeOnce = async (): Promise<void> => {
    const consumer = await connection.js.consumers.get(stream, durable)
    const current = await consumer.consume({
      max_messages: Math.min(maxPending, 200),
      expires: 5000,
      idle_heartbeat: 1000,
      abort_on_missing_resource: true,
    })
    messages = current
    if (stopping.now) current.stop()
    void watchSilence(current)
    for await (const message of current) {
      if (stopping.now) message.nak()
      else take(message)
    }
  }

  /** A consumer that sends neither messages nor heartbeats while we are connected is given up and made anew. */
  const watchSilence = async (current: ConsumerMessages): Promise<void> => {
    for await (const status of current.status()) {
      if (status.type === 'heartbeats_missed') {
        log.warn({ durable, missed: status.count }, 'consumer is silent')
        if (status.count >= silentAfterMisses && connection.isConnected()) current.stop()
      } else if (status.type === 'consumer_not_found' || status.type === 'stream_not_found') {
        current.stop()
      }
    }
  }

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.now; ) {
      try {
        await consumeOnce()
        failures = 0
      } catch (err) {
        failures++
        log.warn({ err, durable, attempt: failures }, 'consumer lost')
      }
      if (stopping.now) return
      await rest(Math.min(100 * 2 ** failures, 2000))
      if (stopping.now || !connection.isConnected()) continue
      try {
        await ensureConsumer()
        observer.count?.('consumer-recreated', durable)
      } catch (err) {
        log.warn({ err, durable }, 'consumer cannot be made')
      }
    }
  }

  // Tells the server that what waits here is not lost.
  const holding = setInterval(() => {
    if (connection.isConnected()) for (const message of held) message.working()
  }, ackWaitMs / 3)
  holding.unref()

  await ensureConsumer()
  const running = run()

  return {
    ready: Promise.resolve(),
    async stop(drainMs = 5000) {
      stopping.now = true
      messages?.stop()
      for (const wake of resters) wake()
      await doneWithin(Promise.all([running, lanes.idle()]), drainMs)
      clearInterval(holding)
    },
  }
}

function differs(found: ConsumerConfig, wanted: Partial<ConsumerConfig>): boolean {
  const pair = (config: Partial<ConsumerConfig>) =>
    JSON.stringify([
      config.ack_wait,
      config.max_ack_pending,
      [...(config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []))].sort(),
    ])
  return pair(found) !== pair(wanted)
}
