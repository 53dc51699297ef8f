import type {
  AssistantId,
  Blame,
  CallId,
  ContactId,
  Direction,
  EndReason,
  FactData,
  IntentKind,
  LegId,
  MessageId,
  Mode,
} from '@toritsugi/contracts'
import { assertNever, go, refuse, type Step, stay } from '@toritsugi/machine'
import { answerDocument, keepGiven } from './call-document.ts'
import { endCall, endOrWait } from './call-ending.ts'
import { andThen, answered, nextCheckUp, start } from './call-steps.ts'
import { endStream, startStream } from './call-streams.ts'
import { checkUp, rescue } from './care.ts'
import { type CarrierStatus, isTerminal, type TerminalStatus } from './carrier-status.ts'
import type { Next } from './continue.ts'
import type { Leg } from './leg.ts'
import type { StreamEnd, StreamRecord } from './stream-record.ts'

/** How the call is talked, as realtime-session decided it, or as was made do with without it. */
export type Planned = {
  readonly mode: Mode
  readonly modeReason: string
  readonly assistantId: AssistantId | null
  readonly language: string
  /** Spoken when the call cannot be served. */
  readonly apology: string
}

export type Intent = { readonly epoch: number; readonly what: IntentKind; readonly reason: string }

export type PendingEnd = {
  readonly at: string
  readonly status: TerminalStatus
  readonly talkedMs: number | null
}

type Lasting = {
  readonly id: CallId
  readonly direction: Direction
  readonly carrierCallId: string
  /** Masked, for facts; the numbers themselves are no business of the machine. */
  readonly from: string | null
  readonly to: string
  readonly contactId: ContactId | null
  readonly startedAt: string
  readonly planned: Planned | null
  readonly degraded: boolean
  /** Of the stream offered last; 0 before the first. */
  readonly epoch: number
  readonly streams: readonly StreamRecord[]
  readonly intent: Intent | null
  /** The highest epoch after which the carrier asked what comes next; -1 before it asked for anything. */
  readonly askedEpoch: number
  /** How often the call was redirected because its stream of this epoch was lost. */
  readonly rescues: number
  /** Why the caller was told that nobody can serve the call. */
  readonly apologised: string | null
  readonly messageRecorded: boolean
  /** When the carrier was told to hang up. */
  readonly farewellAt: string | null
  /** The carrier says that the call is over, while a recorded message may still be on its way. */
  readonly ending: PendingEnd | null
  readonly callerLeg: Leg
}

/** A whole phone call. Instants are RFC 3339 with milliseconds, UTC. */
export type Call = Lasting &
  (
    | { readonly is: 'ringing' }
    | { readonly is: 'in-progress'; readonly answeredAt: string }
    | {
        readonly is: 'ended'
        readonly answeredAt: string | null
        readonly endedAt: string
        readonly endReason: EndReason
        readonly blame: Blame
      }
  )

export type CallEvent =
  // what the carrier says
  | {
      readonly type: 'document.asked'
      readonly at: string
      readonly epoch: number | null
      readonly carrierStatus: CarrierStatus | null
      readonly room: boolean
    }
  /** A document that was given while the call could not be written down. */
  | {
      readonly type: 'document.given'
      readonly at: string
      readonly next: Next
      /** Of the stream that the document offers, or of the last one before it. */
      readonly epoch: number
      readonly carrierStatus: CarrierStatus | null
    }
  | {
      readonly type: 'carrier.said'
      readonly at: string
      readonly status: CarrierStatus
      readonly talkedMs: number | null
    }
  | { readonly type: 'carrier.forgot'; readonly at: string }
  | {
      readonly type: 'message.recorded'
      readonly at: string
      readonly messageId: MessageId
      readonly carrierRecordingId: string
      readonly durationMs: number | null
    }
  // what the bridge says, and who watches it
  | { readonly type: 'stream.started'; readonly at: string; readonly epoch: number }
  | { readonly type: 'stream.over'; readonly at: string; readonly epoch: number; readonly because: StreamEnd }
  // what other services say and ask
  | {
      readonly type: 'call.planned'
      readonly at: string
      readonly planned: Planned
      readonly degraded: boolean
    }
  | { readonly type: 'call.degraded' }
  | {
      readonly type: 'intent.asked'
      readonly at: string
      readonly epoch: number
      readonly what: IntentKind
      readonly reason: string
    }
  | {
      readonly type: 'message.dictated'
      readonly at: string
      readonly messageId: MessageId
      readonly text: string
    }
  // deadlines
  | { readonly type: 'ending.due'; readonly at: string }
  | { readonly type: 'rescue.due'; readonly at: string; readonly epoch: number }
  | { readonly type: 'checkup.due'; readonly at: string; readonly held: boolean; readonly repeats: boolean }
  | { readonly type: 'checkup.answered'; readonly at: string; readonly held: boolean }

type OwnFact =
  | 'call.started'
  | 'leg.answered'
  | 'stream.offered'
  | 'call.intended'
  | 'call.apologised'
  | 'message.taken'
  | 'leg.ended'
  | 'call.ended'

/** A fact to be published. */
export type Tell = {
  [Type in OwnFact]: { readonly do: 'tell'; readonly type: Type; readonly data: FactData<Type> }
}[OwnFact]

export type CallCommand =
  | Tell
  /** The document to answer with. */
  | { readonly do: 'answer'; readonly next: Next; readonly epoch: number }
  | { readonly do: 'wake'; readonly kind: 'rescue'; readonly at: string; readonly epoch: number }
  | { readonly do: 'wake'; readonly kind: 'checkup'; readonly at: string; readonly repeats: boolean }
  | { readonly do: 'wake'; readonly kind: 'ending'; readonly at: string }
  /** Send the call to `/continue`, as after this epoch. */
  | { readonly do: 'redirect'; readonly epoch: number }
  | { readonly do: 'hang-up' }
  | { readonly do: 'ask-carrier' }

export type CallStep = Step<Call, CallCommand>

/** A call that just came in. */
export function receiveCall(call: {
  id: CallId
  direction: Direction
  carrierCallId: string
  from: string | null
  to: string
  contactId: ContactId | null
  legId: LegId
  startedAt: string
}): Call {
  const { legId, ...rest } = call
  return {
    ...rest,
    is: 'ringing',
    planned: null,
    degraded: false,
    epoch: 0,
    streams: [],
    intent: null,
    askedEpoch: -1,
    rescues: 0,
    apologised: null,
    messageRecorded: false,
    farewellAt: null,
    ending: null,
    callerLeg: { id: legId, party: 'caller', is: 'ringing' },
  }
}

/** Facts are never refused; requests may be, with a problem code. */
export function stepCall(call: Call, event: CallEvent): CallStep {
  switch (event.type) {
    case 'call.planned':
      return call.planned === null && call.is !== 'ended' ? start(call, event) : stay(call)
    case 'call.degraded':
      return call.degraded || call.is === 'ended' ? stay(call) : go({ ...call, degraded: true })
    case 'document.asked':
      return answerDocument(call, event)
    case 'document.given':
      return keepGiven(call, event)
    case 'intent.asked':
      return intend(call, event)
    case 'stream.started':
      return startStream(call, event)
    case 'stream.over':
      return endStream(call, event)
    case 'message.recorded':
      return andThen(keepRecording(call, event), (kept) =>
        kept.ending === null ? stay(kept) : endCall(kept, kept.ending, kept.ending.status),
      )
    case 'message.dictated':
      return go<Call, CallCommand>(call, dictated(event))
    case 'carrier.said':
      if (isTerminal(event.status)) return endOrWait(call, { ...event, status: event.status })
      return event.status === 'in-progress' ? answered(call, event.at) : stay(call)
    case 'carrier.forgot':
      return endCall(call, { at: event.at, talkedMs: null }, null)
    case 'rescue.due':
      return rescue(call, event)
    case 'ending.due':
      return call.ending === null ? stay(call) : endCall(call, call.ending, call.ending.status)
    case 'checkup.due':
      if (call.is === 'ended') return stay(call)
      return go<Call, CallCommand>(
        call,
        ...(event.held ? [] : [{ do: 'ask-carrier' } as const]),
        ...(event.repeats ? [nextCheckUp(event.at)] : []),
      )
    case 'checkup.answered':
      return andThen(answered(call, event.at), (live) => checkUp(live, event))
    default:
      return assertNever(event)
  }
}

function intend(call: Call, event: Extract<CallEvent, { type: 'intent.asked' }>): CallStep {
  if (call.is === 'ended') return refuse(call, 'call.already-ended')
  if (event.epoch < call.epoch) return refuse(call, 'call.stale-epoch')
  const { epoch, what, reason } = event
  const { intent } = call
  if (intent?.epoch === epoch && intent.what === what) return stay(call)
  const next: Call = { ...call, epoch, intent: { epoch, what, reason } }
  return go<Call, CallCommand>(next, { do: 'tell', type: 'call.intended', data: { epoch, what, reason } })
}

function keepRecording(call: Call, event: Extract<CallEvent, { type: 'message.recorded' }>): CallStep {
  const { messageId, carrierRecordingId, durationMs } = event
  return go<Call, CallCommand>(
    { ...call, messageRecorded: true, farewellAt: call.farewellAt ?? event.at },
    {
      do: 'tell',
      type: 'message.taken',
      data: { messageId, form: 'recording', text: null, carrierRecordingId, durationMs },
    },
  )
}

const dictated = (event: Extract<CallEvent, { type: 'message.dictated' }>): CallCommand => ({
  do: 'tell',
  type: 'message.taken',
  data: {
    messageId: event.messageId,
    form: 'dictated',
    text: event.text,
    carrierRecordingId: null,
    durationMs: null,
  },
})
