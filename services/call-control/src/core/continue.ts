import type { FactData, IntentKind, Mode } from '@toritsugi/contracts'
import { type CarrierStatus, isTerminal } from './carrier-status.ts'
import { mayOfferStream, type StreamRecord } from './stream-record.ts'

/** What a call gets next when the carrier asks for a document. */
export type Next =
  /** An empty document: the call is over. */
  | { readonly give: 'nothing' }
  | { readonly give: 'hang-up' }
  | { readonly give: 'stream'; readonly because: FactData<'stream.offered'>['because'] }
  /** Spoken refusal, then hang up. */
  | { readonly give: 'refusal'; readonly because: string }
  /** Spoken apology, a message by recording, then hang up. */
  | { readonly give: 'apology'; readonly because: string }

/** What of a call decides it. */
export type Continuable = {
  readonly is: 'ringing' | 'in-progress' | 'ended'
  readonly epoch: number
  readonly streams: readonly StreamRecord[]
  readonly intent: { readonly epoch: number; readonly what: IntentKind } | null
  readonly mode: Mode | null
  readonly modeReason: string
  readonly apologised: string | null
}

export type Asked = {
  readonly at: string
  /** What the carrier says of the call while it asks; null when it does not say. */
  readonly carrierStatus: CarrierStatus | null
  /** Whether a pod has a free place, as far as is known. */
  readonly room: boolean
}

/**
 * Where every end of a stream lands, and the first document of a call too: a function of committed state, so
 * that it does no harm however often it is asked.
 */
export function decideNext(call: Continuable, asked: Asked): Next {
  if (call.is === 'ended' || isTerminal(asked.carrierStatus)) return { give: 'nothing' }
  const intent = call.intent?.epoch === call.epoch ? call.intent.what : null
  if (intent === 'end') return { give: 'hang-up' }
  // An apology is spoken once: whoever comes back after it has nothing more to be told.
  if (call.apologised !== null) return { give: 'hang-up' }
  // Turn-by-turn talk and handoffs will be answered here; until then they are not to be had.
  if (intent === 'conference' || intent === 'handoff') return apology(`${intent}-not-available`)
  if (call.epoch === 0 && !asked.room) return { give: 'refusal', because: 'no-capacity' }
  if (call.mode === null) return apology('no-plan')
  if (call.mode === 'message') return apology(call.modeReason)
  if (call.mode === 'conference') return apology('conference-not-available')
  if (!mayOfferStream(call.streams, asked.at)) return apology('streams-keep-failing')
  if (!asked.room) return apology('no-capacity')
  return { give: 'stream', because: becauseOf(call, intent) }
}

const apology = (because: string): Next => ({ give: 'apology', because })

function becauseOf(call: Continuable, intent: IntentKind | null): FactData<'stream.offered'>['because'] {
  if (call.epoch === 0) return 'call-came-in'
  if (intent === 'move') return 'moved'
  return call.streams.at(-1)?.startedAt === null ? 'retried' : 'stream-lost'
}
