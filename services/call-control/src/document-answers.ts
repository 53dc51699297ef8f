import { type AssistantId, Fault } from '@toritsugi/contracts'
import type { Twiml } from '@toritsugi/telephony'
import type { Arrival } from './arrival.ts'
import type { Played } from './call-runner.ts'
import type { Call, CallEvent, Planned } from './core/call.ts'
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
  receive(
    tx: Tx,
    arrival: Arrival,
    answerKey: string | null,
  ): Promise<{ call: Call; assistantId: AssistantId | null; answered: Twiml | null }>
  answerOnce(tx: Tx, key: string, make: () => Promise<Twiml>): Promise<Twiml>
  play(tx: Tx, callId: Call['id'], event: CallEvent): Promise<Played | null>
  plans: Plans
  pods: Pick<Pods, 'hasRoom' | 'promise'>
  tokens: StreamTokens
  documents: Documents
  /** Answers while the database is away. */
  late: Pick<LateCalls, 'answer' | 'isWaiting'>
  warn(fields: object, message: string): void
  /** Longest the database may take for one of the two transactions of an answer, ms. Default 1500. */
  databaseMs?: number
}

/** What makes two requests for a document the same one; null: nothing does. */
export function answerKeyOf(asked: DocumentAsked): string | null {
  if (asked.epoch !== null) return `document:${asked.arrival.callId}:${asked.epoch}`
  return asked.requestToken === null ? null : `request:${asked.arrival.callId}:${asked.requestToken}`
}

/** No line is free: the call is refused before anything is planned for it. */
const unplanned = (language: string): Planned => ({
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
  const { inTransaction, plans, pods, tokens, documents, databaseMs = 1500 } = deps

  const answer = async (asked: DocumentAsked): Promise<Twiml> => {
    const key = answerKeyOf(asked)
    const { callId, direction, from, to } = asked.arrival
    const received = await reach(inTransaction((tx) => deps.receive(tx, asked.arrival, key)))
    // A call that is over gets nothing any more, not even what it was given before.
    const over = received.call.is === 'ended' || isTerminal(asked.carrierStatus)
    if (received.answered !== null && !over) return received.answered
    const room = pods.hasRoom()
    const planning = over || received.call.planned !== null
    const plan = planning
      ? null
      : room
        ? await plans.planFor({ callId, direction, from, to, assistantId: received.assistantId })
        : { planned: unplanned(plans.languageOf(to)), degraded: false }
    const decide = async (tx: Tx): Promise<Twiml> => {
      if (plan !== null) {
        await deps.play(tx, callId, { type: 'call.planned', at: asked.at, ...plan })
      }
      return give(tx, asked, room)
    }
    return reach(
      inTransaction((tx) => (key === null || over ? decide(tx) : deps.answerOnce(tx, key, () => decide(tx)))),
    )
  }

  const give = async (tx: Tx, asked: DocumentAsked, room: boolean): Promise<Twiml> => {
    const { at, epoch, carrierStatus, arrival } = asked
    const played = await deps.play(tx, arrival.callId, {
      type: 'document.asked',
      at,
      epoch,
      carrierStatus,
      room,
    })
    const given = played?.commands.find((command) => command.do === 'answer')
    if (played === null || given === undefined) throw new Error(`call ${arrival.callId} got no document`)
    const token =
      given.next.give === 'stream'
        ? await tokens.issue({ callId: arrival.callId, callSid: arrival.carrierCallId, epoch: given.epoch })
        : null
    if (token !== null) pods.promise(arrival.callId)
    const { language = '', apology = '' } = played.call.planned ?? {}
    return documents.write(
      given.next,
      { callId: arrival.callId, epoch: given.epoch, language, apology },
      token,
    )
  }

  const reach = <T>(work: Promise<T>): Promise<T> => within(databaseMs, 'database.unavailable', work)

  return async (asked) => {
    const { callId } = asked.arrival
    // What is known of this call is here and not yet in the database.
    if (deps.late.isWaiting(callId)) return deps.late.answer(asked, answerKeyOf(asked))
    try {
      return await answer(asked)
    } catch (err) {
      if (!(err instanceof Fault) || err.code !== 'database.unavailable') throw err
      deps.warn({ err, callId }, 'answered without the database')
      return deps.late.answer(asked, answerKeyOf(asked))
    }
  }
}
