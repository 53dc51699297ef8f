import type { CallFamily, CallId, Channel, Command, Envelope, EventId } from '@toritsugi/contracts'
import type { z } from 'zod'
import {
  type AnswerOptions,
  answerCommand,
  type CommandMeta,
  type Reply,
  type RequestOptions,
  requestCommand,
} from './commands.ts'
import { type ConnectionOptions, openConnection } from './connection.ts'
import {
  type Arrival,
  type ConsumerOptions,
  consumeFacts,
  type Handled,
  type Subscription,
} from './consumer.ts'
import { type KeyValue, type KeyValueOptions, openKeyValue } from './key-value.ts'
import { lastStored } from './last-stored.ts'
import { onLive } from './live.ts'
import { type Log, silent } from './log.ts'
import { type BusObserver, unobserved } from './observer.ts'
import { type Published, publishFact, publishLive } from './publisher.ts'

/** The envelope of a fact of one of these channels, its data typed by its type. */
export type FactOf<C extends Channel> =
  C extends Channel<infer Type, infer Schema>
    ? Omit<Envelope, 'type' | 'data'> & { type: Type; data: z.output<Schema> }
    : never

export type OnOptions<C extends Channel> = Omit<ConsumerOptions, 'handle' | 'channels' | 'families'> & {
  channels: readonly C[]
  handle(fact: FactOf<C>, arrival: Arrival): Promise<Handled>
}

export type OnFamiliesOptions = Omit<ConsumerOptions, 'channels' | 'families'> & {
  families: readonly CallFamily[]
}

/** Typed words over NATS. One per process. */
export type Bus = {
  /** Publishes a fact and waits until it is stored. @throws Fault; `retryable` says whether to try again */
  publish(envelope: Envelope, options?: { checked?: boolean; timeoutMs?: number }): Promise<Published>
  /** Sends on `live.v1.…`, unstored. False when it was dropped. */
  publishLive(subjectParts: readonly string[], data: unknown): boolean
  /** Takes stored facts: in order per call, each until it is handled or buried. */
  on<C extends Channel>(options: OnOptions<C>): Promise<Subscription>
  on(options: OnFamiliesOptions): Promise<Subscription>
  /** Listens on a live subject; what does not fit the schema is counted and dropped. */
  onLive<Schema extends z.ZodType>(
    subject: string,
    schema: Schema,
    handle: (data: z.output<Schema>, subject: string) => void,
  ): Subscription
  /** Asks a service, or the pod that holds a call. Never throws; what goes wrong is the reply. */
  request<Request extends z.ZodType, Answer extends z.ZodType>(
    command: Command<Request, Answer>,
    body: z.input<Request>,
    options?: RequestOptions,
  ): Promise<Reply<z.output<Answer>>>
  answer<Request extends z.ZodType, Answer extends z.ZodType>(
    command: Command<Request, Answer>,
    handle: (body: z.output<Request>, meta: CommandMeta) => Promise<Reply<z.input<Answer>>>,
    options?: AnswerOptions,
  ): Subscription
  kv(bucket: string, options: KeyValueOptions): KeyValue
  /** The ids of a call's last stored facts, one per family that has any. @throws Fault */
  lastStored(callId: CallId, families: readonly CallFamily[]): Promise<EventId[]>
  isConnected(): boolean
  onReconnect(then: () => void): () => void
  /** Stops every subscription, lets what runs finish (at most `drainMs`, default 5000), and disconnects. */
  close(drainMs?: number): Promise<void>
}

export type BusOptions = ConnectionOptions & { log?: Log; observer?: BusObserver }

/**
 * Connects to NATS and makes the streams.
 * @throws Fault `bus.unavailable` when the server is not there in time or refuses the user
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { log = silent, observer = unobserved } = options
  const connection = await openConnection(options, log, observer)
  const subscriptions = new Set<Subscription>()

  const keep = (subscription: Subscription): Subscription => {
    const kept: Subscription = {
      ready: subscription.ready,
      async stop(drainMs) {
        subscriptions.delete(kept)
        await subscription.stop(drainMs)
      },
    }
    subscriptions.add(kept)
    return kept
  }

  return {
    publish: (envelope, how) => publishFact(connection, observer, envelope, how),
    publishLive: (parts, data) => publishLive(connection, parts, data),
    // The handler is typed by the channels it is given with; what reaches it has been checked by their schemas.
    on: async (how: object) => keep(await consumeFacts(connection, observer, log, how as ConsumerOptions)),
    onLive: (subject, schema, handle) => keep(onLive(connection, observer, log, subject, schema, handle)),
    request: (command, body, how) => requestCommand(connection, observer, command, body, how),
    answer: (command, handle, how) => keep(answerCommand(connection, observer, log, command, handle, how)),
    kv: (bucket, how) => openKeyValue(connection, bucket, how),
    lastStored: (callId, families) => lastStored(connection, callId, families),
    isConnected: connection.isConnected,
    onReconnect: connection.onReconnect,
    async close(drainMs = 5000) {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop(drainMs)))
      await connection.close(drainMs)
    },
  }
}
