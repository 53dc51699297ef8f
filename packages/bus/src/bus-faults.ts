import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/nats-core'
import { Fault } from '@toritsugi/contracts'

/** Turns what the NATS client throws into a Fault; a Fault stays as it is. */
export function asBusFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (isNoResponders(error)) return new Fault('bus.no-responders', { cause: error })
  if (error instanceof errors.TimeoutError) return new Fault('bus.timed-out', { cause: error })
  if (error instanceof JetStreamApiError) {
    return new Fault('bus.unavailable', { cause: error, detail: error.message })
  }
  if (error instanceof Error && /max_payload|maximum payload/i.test(error.message)) {
    return new Fault('bus.malformed', { cause: error, detail: 'the message is larger than the bus allows' })
  }
  return new Fault('bus.unavailable', { cause: error })
}

export function isNoResponders(error: unknown): boolean {
  return (
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  )
}

/** What the server says when a stream, a consumer or a message does not exist. */
export function isMissing(error: unknown): boolean {
  const missing: readonly number[] = [
    JetStreamApiCodes.StreamNotFound,
    JetStreamApiCodes.ConsumerNotFound,
    JetStreamApiCodes.NoMessageFound,
  ]
  return error instanceof JetStreamApiError && missing.includes(error.code)
}
