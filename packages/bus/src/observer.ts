/** What happens on the bus, for whoever keeps metrics. `name` is a durable, a type of fact or a command. */
export type BusObserver = {
  /** One thing happened. */
  count?(what: BusCounter, name: string): void
  /** How long it took, ms: publishing to the acknowledgement, a request to its reply, a message to its ack. */
  took?(what: 'publish' | 'request' | 'handle' | 'answer' | 'relay', name: string, ms: number): void
}

export type BusCounter =
  | 'published'
  | 'publish-failed'
  | 'handled'
  | 'retried'
  | 'parked'
  | 'dead-lettered'
  | 'unknown-type'
  | 'live-malformed'
  | 'requested'
  | 'request-failed'
  | 'answered'
  | 'answer-failed'
  | 'answer-refused-load'
  | 'consumer-recreated'
  | 'disconnected'
  | 'reconnected'
  | 'relayed'
  | 'relay-retried'
  | 'relay-set-aside'

/** Counts nothing. */
export const unobserved: BusObserver = {}
