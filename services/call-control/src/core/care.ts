import { go, stay } from '@toritsugi/machine'
import type { Call, CallCommand, CallStep } from './call.ts'
import { later } from './instant.ts'
import { type StreamEnd, withStream } from './stream-record.ts'

/** How often a call is looked after whose callbacks do not come. */
export const checkUpRhythmMs = 60_000
/** How long the carrier has to ask what comes next, after a stream was lost. */
const askWithinMs = 1000
/** The same after an end that the carrier or the pod meant: it comes by itself, with the carrier's own delay. */
const meantEndMs = 3000
/** Pause between two redirects, and how many there are for one lost stream. */
const rescueAgainMs = 5000
const mostRescues = 3
/** How long a stream may need to appear in its pod's heartbeats. */
const settleMs = 10_000
/** How long a call may live on after the carrier was told to hang up. */
const farewellMs = 20_000

/** What to watch for once a stream is over. */
export function watchAfterEnd(event: {
  at: string
  epoch: number
  because: StreamEnd
}): readonly CallCommand[] {
  const rescueIn = (ms: number): CallCommand => ({
    do: 'wake',
    kind: 'rescue',
    at: later(event.at, ms),
    epoch: event.epoch,
  })
  switch (event.because) {
    case 'superseded':
      return []
    case 'stop':
      // Mostly the caller hung up: the carrier is asked rather than told.
      return [{ do: 'wake', kind: 'checkup', at: later(event.at, meantEndMs), repeats: false }]
    case 'closed':
    case 'refused':
      return [rescueIn(meantEndMs)]
    default:
      return [rescueIn(askWithinMs)]
  }
}

/** A stream is over and its time is up: unless the carrier has asked what comes next, it is sent there. */
export function rescue(call: Call, event: { at: string; epoch: number }): CallStep {
  if (call.is === 'ended' || event.epoch !== call.epoch || call.askedEpoch >= call.epoch) return stay(call)
  const { epoch } = call
  // A line on which nothing can be heard any more is worse than one that is cut.
  if (call.rescues >= mostRescues) return hangUp(call, event.at)
  return go<Call, CallCommand>(
    { ...call, rescues: call.rescues + 1 },
    { do: 'redirect', epoch },
    { do: 'wake', kind: 'rescue', at: later(event.at, rescueAgainMs), epoch },
  )
}

/** The carrier was asked and says that the call is in progress. */
export function checkUp(call: Call, event: { at: string; held: boolean }): CallStep {
  if (call.is === 'ended' || event.held) return stay(call)
  if (call.farewellAt !== null) {
    return sinceMs(call.farewellAt, event.at) < farewellMs ? stay(call) : hangUp(call, event.at)
  }
  // While a message is being recorded nobody holds the call.
  if (call.epoch === 0 || call.askedEpoch >= call.epoch) return stay(call)
  const stream = call.streams.find(({ epoch }) => epoch === call.epoch)
  const wake: CallCommand = { do: 'wake', kind: 'rescue', at: event.at, epoch: call.epoch }
  if (stream === undefined || stream.endedAt !== null) return go<Call, CallCommand>(call, wake)
  if (sinceMs(stream.startedAt ?? stream.offeredAt, event.at) < settleMs) return stay(call)
  const streams = withStream(call.streams, call.epoch, {
    offeredAt: event.at,
    endedAt: event.at,
    because: 'nobody-holds-it',
  })
  return go<Call, CallCommand>({ ...call, streams }, wake)
}

const hangUp = (call: Call, at: string): CallStep =>
  go<Call, CallCommand>({ ...call, farewellAt: call.farewellAt ?? at }, { do: 'hang-up' })

const sinceMs = (then: string, now: string): number => Date.parse(now) - Date.parse(then)
