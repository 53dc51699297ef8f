export { type Bus, type BusOptions, connectBus, type FactOf, type OnOptions } from './bus.ts'
export { type AnswerOptions, type CommandMeta, no, ok, type Reply, type RequestOptions } from './commands.ts'
export type { Arrival, Handled, Subscription } from './consumer.ts'
export type { DeadLetter } from './dead-letters.ts'
export type { KeyValue, KeyValueOptions } from './key-value.ts'
export type { BusCounter, BusObserver } from './observer.ts'
export {
  type Delivery,
  type OutboxRelay,
  type OutboxRelayOptions,
  type OutboxStore,
  startOutboxRelay,
} from './outbox-relay.ts'
export type { Published } from './publisher.ts'
export { decideRedelivery, defaultRedelivery, type Redelivery, type RedeliveryPolicy } from './redelivery.ts'
export { deadLetterStream } from './streams.ts'
