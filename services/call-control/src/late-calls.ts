import { type CallId, Fault } from '@toritsugi/contracts'
import type { Twiml } from '@toritsugi/telephony'
import { type Arrival, newCall } from './arrival.ts'
import { type Call, type CallEvent, stepCall } from './core/call.ts'
import type { Next } from './core/continue.ts'
import { type DocumentAsked, unplanned } from './document-answers.ts'
import type { Documents } from './documents.ts'
import type { Plans } from './plans.ts'
import type { Pods } from './pods.ts'
import type { StreamTokens } from './stream-token.ts'

/** A call lived through without the database: what came in, and what happened since. */
export type LateCall = {
  readonly arrival: Arrival
  readonly events: readonly CallEvent[]
  readonly answers: ReadonlyMap<string, Twiml>
}

export type LateCalls = {
  /** Answers a request for a document from what is known here; what was given is written down later. */
  answer(asked: DocumentAsked, key: string | null, known?: { room: boolean }): Promise<Twiml>
  /** Remembers something that happened to a call. False when there is no room to remember it. */
  note(arrival: Arrival, event: CallEvent | null): boolean
  isWaiting(callId: CallId): boolean
  /** The same for a call that waits here already; false when it does not. */
  noteWaiting(callId: CallId, event: CallEvent): boolean
  /** A call that only a stream's token still tells of: its row is made from that. */
  adopt(arrival: Arrival, epoch: number, at: string): Promise<void>
  /** The language the call is spoken in; null when it does not wait here. */
  languageOf(callId: CallId): string | null
  /** Writes down what waits, oldest call first, until it is found to be away. To be called again and again. */
  flush(): Promise<void>
  readonly waiting: number
}

export type LateCallsDeps = {
  plans: Plans
  pods: Pick<Pods, 'hasRoom' | 'promise'>
  tokens: StreamTokens
  documents: Documents
  /** Writes a call and all that happened to it; harmless when a part of it is known already. */
  write(late: LateCall): Promise<void>
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** More calls than come in while a database is being restarted; and more than happens to one of them. */
const mostCalls = 1000
const mostEvents = 50

const mostFailures = 5

type Held = {
  arrival: Arrival
  call: Call
  events: CallEvent[]
  answers: Map<string, Twiml>
  failures: number
}

const newlyHeld = (arrival: Arrival): Held => ({
  arrival,
  call: newCall(arrival, null),
  events: [],
  answers: new Map(),
  failures: 0,
})

/**
 * Calls go on while the database is away: they are stepped in memory by the same machine, their tokens carry
 * what the webhook said, and they are written down when the database is back. Should this process end before
 * that, the next webhook of the call says all that is needed to write it down, and so does the token.
 */
export function createLateCalls(deps: LateCallsDeps): LateCalls {
  const { plans, pods, tokens, documents, write, warn } = deps
  const held = new Map<CallId, Held>()
  let flushing = false

  const hold = (arrival: Arrival): Held | null => {
    const known = held.get(arrival.callId)
    if (known) return known
    const fresh = newlyHeld(arrival)
    if (held.size >= mostCalls) {
      warn({ callId: arrival.callId }, 'too many calls wait to be written down')
      return null
    }
    held.set(arrival.callId, fresh)
    return fresh
  }

  /** Steps the call in memory and keeps the event to be written down. */
  const apply = (late: Held, event: CallEvent, kept: CallEvent = event) => {
    const step = stepCall(late.call, event)
    late.call = step.state
    if (late.events.length < mostEvents) late.events.push(kept)
    return step
  }

  const plan = async (late: Held, at: string, room: boolean): Promise<void> => {
    if (late.call.planned !== null) return
    const { callId, direction, from, to } = late.arrival
    const { planned } = room
      ? await plans.planFor({ callId, direction, from, to, assistantId: null })
      : { planned: unplanned(plans.languageOf(to)) }
    if (late.call.planned === null) apply(late, { type: 'call.planned', at, planned, degraded: true })
  }

  const decide = (late: Held, asked: DocumentAsked, room: boolean): { next: Next; epoch: number } => {
    const { at, epoch, carrierStatus } = asked
    const event: CallEvent = { type: 'document.asked', at, epoch, carrierStatus, room }
    const answer = stepCall(late.call, event).commands.find((command) => command.do === 'answer')
    if (answer === undefined) throw new Error(`call ${late.call.id} got no document`)
    const { next, epoch: given } = answer
    apply(late, event, { type: 'document.given', at, next, epoch: given, carrierStatus })
    return { next, epoch: given }
  }

  /** False when the database is still away. */
  const writeOne = async (callId: CallId, late: Held): Promise<boolean> => {
    const events = late.events.slice()
    try {
      await write({ ...late, events })
    } catch (err) {
      if (err instanceof Fault && err.code === 'database.unavailable') return false
      late.failures += 1
      deps.error({ err, callId, attempt: late.failures }, 'call cannot be written down')
      // One call that cannot be written must not keep the others from being.
      if (late.failures >= mostFailures) held.delete(callId)
      return true
    }
    late.events.splice(0, events.length)
    if (late.events.length === 0) held.delete(callId)
    return true
  }

  return {
    async answer(asked, key, { room } = { room: pods.hasRoom() }) {
      const late = hold(asked.arrival) ?? newlyHeld(asked.arrival)
      await plan(late, asked.at, room)
      const known = key === null ? undefined : late.answers.get(key)
      if (known !== undefined) return known
      const { next, epoch } = decide(late, asked, room)
      const { callId, carrierCallId: callSid, from, to, startedAt } = asked.arrival
      const token =
        next.give === 'stream'
          ? await tokens.issue({ callId, callSid, epoch, degraded: { from, to, startedAt } })
          : null
      if (token !== null) pods.promise(callId)
      const { language = '', apology = '' } = late.call.planned ?? {}
      const document = documents.write(next, { callId, epoch, language, apology }, token)
      if (key !== null) late.answers.set(key, document)
      return document
    },
    note(arrival, event) {
      const late = hold(arrival)
      if (late === null) return false
      if (event !== null) apply(late, event)
      return true
    },
    isWaiting: (callId) => held.has(callId),
    noteWaiting(callId, event) {
      const late = held.get(callId)
      if (late === undefined) return false
      apply(late, event)
      return true
    },
    async adopt(arrival, epoch, at) {
      const late = hold(arrival)
      if (late === null) return
      await plan(late, at, true)
      const because = epoch === 1 ? 'call-came-in' : 'stream-lost'
      const next: Next = { give: 'stream', because }
      apply(late, { type: 'document.given', at, next, epoch, carrierStatus: null })
    },
    languageOf: (callId) => held.get(callId)?.call.planned?.language ?? null,
    async flush() {
      if (flushing) return
      flushing = true
      try {
        for (const [callId, late] of held) {
          if (!(await writeOne(callId, late))) return
        }
      } finally {
        flushing = false
      }
    },
    get waiting() {
      return held.size
    },
  }
}
