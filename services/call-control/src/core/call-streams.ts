import { go, stay } from '@toritsugi/machine'
import type { Call, CallCommand, CallStep } from './call.ts'
import { andThen, answered } from './call-steps.ts'
import { watchAfterEnd } from './care.ts'
import { type StreamEnd, withStream } from './stream-record.ts'

/** Audio flows. A fact of an older epoch is refused. */
export function startStream(call: Call, event: { at: string; epoch: number }): CallStep {
  if (call.is === 'ended' || event.epoch < call.epoch) return stay(call)
  const known = call.streams.find((stream) => stream.epoch === event.epoch)
  if (known?.startedAt) return stay(call)
  return andThen(answered(call, event.at), (live) =>
    go({
      ...live,
      epoch: event.epoch,
      streams: withStream(live.streams, event.epoch, { offeredAt: event.at, startedAt: event.at }),
    }),
  )
}

export function endStream(call: Call, event: { at: string; epoch: number; because: StreamEnd }): CallStep {
  const known = call.streams.find((stream) => stream.epoch === event.epoch)
  if (call.is === 'ended' || known?.endedAt) return stay(call)
  if (event.epoch < call.epoch && known === undefined) return stay(call)
  const { at: endedAt, because, epoch } = event
  const over: Call = {
    ...call,
    epoch: Math.max(call.epoch, epoch),
    streams: withStream(call.streams, epoch, { offeredAt: endedAt, endedAt, because }),
  }
  // An older stream's end is only written down: a newer one has taken its place.
  return go<Call, CallCommand>(over, ...(epoch < call.epoch ? [] : watchAfterEnd(event)))
}
