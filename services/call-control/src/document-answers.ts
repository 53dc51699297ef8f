import { Fault } from '@toritsugi/contracts'
import type { Twiml } from '@toritsugi/telephony'
import type { Arrival } from './arrival.ts'
import type { Known } from './arrival-repository.ts'
import type { Played } from './call-runner.ts'
import type { CallEvent, Planned } from './core/call.ts'
import { type CarrierStatus, isTerminal } from './core/carrier-status.ts'
import { within } from './deadline.ts'
import type { Documents } from './documents.ts'
import type { LateCalls } from './late-calls.ts'
import type { Plans } from './plans.ts'
import type { Pods } from './pods.ts'
import type { StreamTokens } from './stream-token.ts'

/** The carrier asks what a call gets next. */
export type DocumentAsked = {
  arrival: Arrival
  /** After which stream: 0 for the first document, null when the address did not say. */
  epoch: number | null
  carrierStatus: CarrierStatus | null
  at: string
  /** The carrier's name for this request, the same when it is repeated; null when it gave none. */
  requestToken: string | null
}

export type DocumentAnswersDeps<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  lookUp(arrival: Arrival, answerKey: string | null): Promise<Known>
  answerOnce(tx: Tx, key: string, make: () => Promise<Twiml>): Promise<Twiml>
  receive(tx: Tx, arrival: Arrival, ...events: CallEvent[]): Promise<Played>
  plans: Plans
  pods: Pick<Pods, 'hasRoom' | 'promise'>
  tokens: StreamTokens
  documents: Documents
  /** Answers while the database is away. */
  late: Pick<LateCalls, 'answer' | 'isWaiting'>
  warn(fields: object, message: string): void
  /** Documents worked on at once; beyond it callers are told at once that all lines are busy. Default 128. */
  mostAtOnce?: number
  /** Longest the database may take for one of the two steps of an answer, ms. Default 3000. */
  databaseMs?: number
}

/** What makes two requests for a document the same one; null: nothing does. */
export function answerKeyOf(asked: DocumentAsked): string | null {
  if (asked.epoch !== null) return `document:${asked.arrival.callId}:${asked.epoch}`
  return asked.requestToken === null ? null : `request:${asked.arrival.callId}:${asked.requestToken}`
}

/** No line is free: the call is refused before anything is planned for it. */
export const unplanned = (language: string): Planned => ({
  mode: 'message',
  modeReason: 'no-capacity',
  assistantId: null,
  language,
  apology: '',
})

/** Answers every request for a document, with or without the database. */
export function createDocumentAnswers<Tx>(
  deps: DocumentAnswersDeps<Tx>,
): (asked: DocumentAsked) => Promise<Twiml> {
  const { inTransaction, plans, pods, tokens, documents, mostAtOnce = 128, databaseMs = 3000 } = deps
  let underWay = 0

  const answer = async (asked: DocumentAsked): Promise<Twiml> => {
    const { arrival, at, epoch, carrierStatus } = asked
    const key = answerKeyOf(asked)
    const known = await reach(deps.lookUp(arrival, key))
    // A call that is over gets nothing any more, not even what it was given before.
    const over = known.isOver || isTerminal(carrierStatus)
    if (known.answered !== null && !over) return known.answered
    const room = pods.hasRoom()
    const events: CallEvent[] = [{ type: 'document.asked', at, epoch, carrierStatus, room }]
    if (!known.isPlanned && !over) {
      events.unshift({ type: 'call.planned', at, ...(await planFor(arrival, known, room)) })
    }
    const decide = async (tx: Tx): Promise<Twiml> => write(asked, await deps.receive(tx, arrival, ...events))
    return reach(
      inTransaction((tx) => (key === null || over ? decide(tx) : deps.answerOnce(tx, key, () => decide(tx)))),
    )
  }

  const planFor = async (arrival: Arrival, { assistantId }: Known, room: boolean) => {
    const { callId, direction, from, to } = arrival
    if (!room) return { planned: unplanned(plans.languageOf(to)), degraded: false }
    return plans.planFor({ callId, direction, from, to, assistantId })
  }

  const write = async ({ arrival }: DocumentAsked, played: Played): Promise<Twiml> => {
    const { callId, carrierCallId: callSid } = arrival
    const given = played.commands.find((command) => command.do === 'answer')
    if (given === undefined) throw new Error(`call ${callId} got no document`)
    const { next, epoch } = given
    const token = next.give === 'stream' ? await tokens.issue({ callId, callSid, epoch }) : null
    if (token !== null) pods.promise(callId)
    const { language = '', apology = '' } = played.call.planned ?? {}
    return documents.write(next, { callId, epoch, language, apology }, token)
  }

  const reach = <T>(work: Promise<T>): Promise<T> => within(databaseMs, 'database.unavailable', work)

  return async (asked) => {
    const { callId } = asked.arrival
    const key = answerKeyOf(asked)
    // What is known of this call is here and not yet in the database.
    if (deps.late.isWaiting(callId)) return deps.late.answer(asked, key)
    if (underWay >= mostAtOnce) {
      deps.warn({ callId }, 'too many webhooks at once')
      return deps.late.answer(asked, key, { room: false })
    }
    underWay += 1
    try {
      return await answer(asked)
    } catch (err) {
      if (!(err instanceof Fault) || err.code !== 'database.unavailable') throw err
      deps.warn({ err, callId }, 'answered without the database')
      return deps.late.answer(asked, key)
    } finally {
      underWay -= 1
    }
  }
}
