import { z } from 'zod'
import {
  AssistantId,
  CallId,
  CarrierCallId,
  ContactId,
  E164,
  Epoch,
  Instant,
  Language,
  LegId,
  MaskedNumber,
  MessageId,
  Ms,
} from './ids.ts'
import { Mode } from './mode.ts'

export const Direction = z.enum(['inbound', 'outbound'])
export type Direction = z.infer<typeof Direction>

export const CallState = z.enum(['ringing', 'in-progress', 'ended']).meta({ id: 'CallState' })
export type CallState = z.infer<typeof CallState>

/** Why a call ended. */
export const EndReason = z
  .enum([
    'caller-hung-up',
    'assistant-ended',
    'caller-silent',
    'operator-hung-up',
    'busy',
    'no-answer',
    'canceled',
    'failed',
    'refused',
    'no-capacity',
    'message-taken',
    'carrier-lost',
    'unknown',
  ])
  .meta({ id: 'EndReason' })
export type EndReason = z.infer<typeof EndReason>

/** Whose doing the end was. */
export const Blame = z.enum(['nobody', 'us', 'carrier', 'model', 'unknown']).meta({ id: 'Blame' })
export type Blame = z.infer<typeof Blame>

/**
 * What is to happen when the stream of a call ends, committed before it is closed.
 * @see core/continue of call-control
 */
export const IntentKind = z.enum(['end', 'handoff', 'move', 'conference']).meta({ id: 'IntentKind' })
export type IntentKind = z.infer<typeof IntentKind>

// ---- facts, family `lifecycle`, owner call-control -------------------------------------------------------

export const CallStarted = z.strictObject({
  direction: Direction,
  from: MaskedNumber.nullable(),
  to: MaskedNumber,
  carrierCallId: CarrierCallId,
  contactId: ContactId.nullable(),
  assistantId: AssistantId.nullable(),
  language: Language,
  mode: Mode,
  modeReason: z.string().max(100),
  /** True when a part of the system was away and the call was taken by a fallback. */
  degraded: z.boolean(),
  startedAt: Instant,
})

export const LegAnswered = z.strictObject({
  legId: LegId,
  party: z.enum(['caller', 'human']),
  answeredAt: Instant,
})

/** A stream was promised to the carrier: the call waits for its socket. */
export const StreamOffered = z.strictObject({
  epoch: Epoch,
  because: z.enum(['call-came-in', 'stream-lost', 'moved', 'human-left', 'retried']),
})

export const CallIntended = z.strictObject({
  epoch: Epoch,
  what: IntentKind,
  reason: z.string().max(100),
})

/** Nobody could serve the call: the caller was told so, and asked for a message. */
export const CallApologised = z.strictObject({ because: z.string().max(100) })

export const MessageTaken = z.strictObject({
  messageId: MessageId,
  /** `recording`: spoken after the tone and kept at the carrier. `dictated`: written down by the assistant. */
  form: z.enum(['recording', 'dictated']),
  text: z.string().max(4000).nullable(),
  carrierRecordingId: z.string().max(64).nullable(),
  durationMs: Ms.nullable(),
})

export const LegEnded = z.strictObject({
  legId: LegId,
  party: z.enum(['caller', 'human']),
  endReason: EndReason,
  blame: Blame,
  endedAt: Instant,
})

export const CallEnded = z.strictObject({
  endReason: EndReason,
  blame: Blame,
  answeredAt: Instant.nullable(),
  endedAt: Instant,
  /** From answer to end; 0 when it was never answered. */
  durationMs: Ms,
  /** How many streams the call had. */
  streams: z.number().int().min(0),
})

// ---- what the REST API shows -----------------------------------------------------------------------------

export const TimelineEntry = z
  .strictObject({
    at: Instant,
    type: z.string(),
    source: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineEntry' })

export const CallSummary = z
  .strictObject({
    id: CallId,
    direction: Direction,
    state: CallState,
    mode: Mode,
    modeReason: z.string(),
    from: E164.nullable(),
    to: E164,
    contactId: ContactId.nullable(),
    assistantId: AssistantId.nullable(),
    carrierCallId: CarrierCallId.nullable(),
    startedAt: Instant,
    answeredAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    durationMs: Ms.nullable(),
    endReason: EndReason.nullable(),
    blame: Blame.nullable(),
    degraded: z.boolean(),
    costMicroUsd: z.number().int(),
  })
  .meta({ id: 'CallSummary' })
export type CallSummary = z.infer<typeof CallSummary>

export const Latencies = z
  .strictObject({
    /** Turns of the assistant that answered speech of the caller. */
    turns: z.number().int(),
    /** Caller stopped speaking (as the model heard it) → first audio of the answer left for the carrier. */
    responseMsP50: Ms.nullable(),
    responseMsP95: Ms.nullable(),
    /** The part of it that was ours, the model's own time taken off. */
    ourShareMsP95: Ms.nullable(),
    /** Stream started → first audio of the greeting left for the carrier. */
    greetingMs: Ms.nullable(),
  })
  .meta({ id: 'Latencies' })

export const CallDetail = CallSummary.extend({
  latencies: Latencies,
  cost: z.strictObject({
    modelMicroUsd: z.number().int(),
    carrierMicroUsd: z.number().int(),
    totalMicroUsd: z.number().int(),
    /** True when a part was estimated because the model's own figures never came. */
    estimated: z.boolean(),
  }),
  messages: z.array(MessageTaken.extend({ takenAt: Instant })),
  timeline: z.array(TimelineEntry),
}).meta({ id: 'CallDetail' })
export type CallDetail = z.infer<typeof CallDetail>

export const CallList = z
  .strictObject({ items: z.array(CallSummary), nextCursor: z.string().nullable() })
  .meta({ id: 'CallList' })
