import { assertNever, go, stay } from '@toritsugi/machine'
import type { Call, CallCommand, CallEvent, CallStep } from './call.ts'
import { endOrWait } from './call-ending.ts'
import { andThen, answered } from './call-steps.ts'
import { isTerminal } from './carrier-status.ts'
import { decideNext, type Next } from './continue.ts'
import { withStream } from './stream-record.ts'

/** The carrier asks for a document: the first one, or what comes after a stream. */
export function answerDocument(call: Call, event: Extract<CallEvent, { type: 'document.asked' }>): CallStep {
  if (isTerminal(event.carrierStatus)) {
    const over = endOrWait(call, { at: event.at, status: event.carrierStatus, talkedMs: null })
    return {
      ...over,
      commands: [...over.commands, { do: 'answer', next: { give: 'nothing' }, epoch: call.epoch }],
    }
  }
  if (call.is === 'ended') {
    return go<Call, CallCommand>(call, { do: 'answer', next: { give: 'nothing' }, epoch: call.epoch })
  }
  const live = event.carrierStatus === 'in-progress' ? answered(call, event.at) : stay(call)
  return andThen(live, (call) => {
    // The carrier knows of a stream that this row has not heard of: the row was written without its beginning.
    const epoch = Math.max(call.epoch, event.epoch ?? 0)
    const known: Call = epoch === call.epoch ? call : catchUp(call, epoch, event.at)
    const next = decideNext({ ...known, ...modeOf(call) }, event)
    return give({ ...known, askedEpoch: Math.max(known.askedEpoch, epoch) }, next, event.at)
  })
}

/** Takes over what was given without this row: whatever it says by now, the carrier acts on that document. */
export function keepGiven(call: Call, event: Extract<CallEvent, { type: 'document.given' }>): CallStep {
  const { next, epoch, at } = event
  if (call.is === 'ended' || next.give === 'nothing') return stay(call)
  const live = event.carrierStatus === 'in-progress' ? answered(call, at) : stay(call)
  return andThen(live, (call) => {
    if (next.give === 'stream') {
      if (epoch <= call.epoch) return stay(call)
      const asked = { ...call, epoch: epoch - 1, askedEpoch: Math.max(call.askedEpoch, epoch - 1) }
      return give(asked, next, at)
    }
    if (call.apologised !== null && next.give !== 'hang-up') return stay(call)
    return give({ ...call, askedEpoch: Math.max(call.askedEpoch, epoch) }, next, at)
  })
}

const catchUp = (call: Call, epoch: number, at: string): Call => ({
  ...call,
  epoch,
  intent: null,
  rescues: 0,
  streams: withStream(call.streams, epoch, { offeredAt: at }),
})

function give(call: Call, next: Next, at: string): CallStep {
  switch (next.give) {
    case 'nothing':
      return go<Call, CallCommand>(call, { do: 'answer', next, epoch: call.epoch })
    case 'hang-up':
      return go<Call, CallCommand>(
        { ...call, farewellAt: call.farewellAt ?? at },
        { do: 'answer', next, epoch: call.epoch },
      )
    case 'refusal':
    case 'apology':
      return go<Call, CallCommand>(
        {
          ...call,
          apologised: next.because,
          farewellAt: next.give === 'refusal' ? (call.farewellAt ?? at) : call.farewellAt,
        },
        { do: 'tell', type: 'call.apologised', data: { because: next.because } },
        { do: 'answer', next, epoch: call.epoch },
      )
    case 'stream': {
      const epoch = call.epoch + 1
      return go<Call, CallCommand>(
        catchUp(call, epoch, at),
        { do: 'tell', type: 'stream.offered', data: { epoch, because: next.because } },
        { do: 'answer', next, epoch },
      )
    }
    default:
      return assertNever(next)
  }
}

const modeOf = ({ planned }: Call) => ({
  mode: planned?.mode ?? null,
  modeReason: planned?.modeReason ?? 'no-plan',
})
