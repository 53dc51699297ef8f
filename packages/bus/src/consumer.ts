import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { CallFamily, Channel, Envelope } from '@toritsugi/contracts'
import type { Connection } from './connection.ts'
import { ackWaitMs, ensureConsumer, factStream } from './consumer-config.ts'
import { createDeadLetters } from './dead-letters.ts'
import { decodeEnvelope } from './envelope-codec.ts'
import { createLanes } from './lanes.ts'
import type { Log } from './log.ts'
import { createMessageHandler } from './message-handler.ts'
import type { BusObserver } from './observer.ts'
import { doneWithin } from './pause.ts'
import type { RedeliveryPolicy } from './redelivery.ts'
import { createStopping } from './stopping.ts'

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

const silentAfterMisses = 3

/** Consumes facts until stopped, whatever happens to the server, the stream or the durable meanwhile. */
export async function consumeFacts(
  connection: Connection,
  observer: BusObserver,
  log: Log,
  options: ConsumerOptions,
): Promise<Subscription> {
  const { durable, channels = [], parallel = 16, maxPending = 256 } = options
  const families = [...new Set([...channels.map(({ family }) => family), ...(options.families ?? [])])]
  if (families.length === 0) throw new Error(`the consumer ${durable} listens to nothing`)
  const types = new Set(channels.map(({ type }) => type))
  const wants = (type: string, family: CallFamily) =>
    types.has(type) || (options.families?.includes(family) ?? false)
  const lanes = createLanes(parallel)
  const held = new Set<JsMsg>()
  const deadLetters = createDeadLetters(connection, observer, log, durable)
  const stopping = createStopping()
  const handle = createMessageHandler({
    ...{ connection, observer, log, deadLetters, stopping, families, wants },
    ...{ durable, handle: options.handle, redelivery: options.redelivery },
  })
  const ensure = () => ensureConsumer(connection.jsm, { durable, families, maxPending, from: options.from })
  let messages: ConsumerMessages | undefined

  const enqueue = (lane: string, message: JsMsg, work: () => Promise<void>): void => {
    held.add(message)
    lanes.add(lane, async () => {
      try {
        await work()
      } finally {
        held.delete(message)
      }
    })
  }

  const take = (message: JsMsg): void => {
    const decoded = decodeEnvelope(message.data)
    if (decoded.is === 'poison') {
      const { subject, seq } = message
      log.error({ durable, subject, seq, reason: decoded.reason }, 'message is malformed')
      enqueue(`poison ${seq}`, message, () => deadLetters.bury(message, decoded.reason))
    } else if (decoded.is === 'unknown') {
      observer.count?.('unknown-type', durable)
      message.ack()
    } else if (wants(decoded.channel.type, decoded.channel.family)) {
      const { envelope } = decoded
      enqueue(envelope.subject ?? envelope.source, message, () => handle(message, envelope))
    } else {
      message.ack()
    }
  }

  const consumeOnce = async (): Promise<void> => {
    const consumer = await connection.js.consumers.get(factStream, durable)
    const current = await consumer.consume({
      max_messages: Math.min(maxPending, 200),
      expires: 5000,
      idle_heartbeat: 1000,
      // Without it a consumer that was deleted would be waited for silently, for ever.
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
      await stopping.rest(Math.min(100 * 2 ** failures, 2000))
      if (stopping.now || !connection.isConnected()) continue
      try {
        await ensure()
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

  await ensure()
  const running = run()

  return {
    ready: Promise.resolve(),
    async stop(drainMs = 5000) {
      stopping.begin()
      messages?.stop()
      await doneWithin(Promise.all([running, lanes.idle()]), drainMs)
      clearInterval(holding)
    },
  }
}
