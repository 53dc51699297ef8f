import type { AssistantId, CallId, Direction, OpenReply, PlanReply } from '@toritsugi/contracts'
import type { Planned } from './core/call.ts'

export type PlanQuestion = {
  callId: CallId
  direction: Direction
  from: string | null
  to: string
  assistantId: AssistantId | null
}

export type Plans = {
  /** The plan of a call: asked for, or the last one seen for its number, or none (mode `message`). Never throws. */
  planFor(question: PlanQuestion): Promise<{ planned: Planned; degraded: boolean }>
  /** The language a number is answered in, as far as is known without asking. */
  languageOf(number: string): string
  /**
   * What the pod that holds the call needs, without realtime-session: the plan this call was given, or the last
   * one seen for its number. No dialogue is known here.
   */
  openReply(callId: CallId, number: string | null): Promise<OpenReply | null>
}

export type PlansDeps = {
  /** Asks realtime-session; null when no answer came in its time. */
  ask(question: PlanQuestion): Promise<PlanReply | null>
  find(number: string): Promise<PlanReply | null>
  save(number: string, plan: PlanReply): Promise<void>
  warn(fields: object, message: string): void
  defaultLanguage: string
  /** Milliseconds on any clock that only goes forward. */
  clock?: () => number
}

const mostNumbers = 1000
const mostCalls = 5000
const saveAgainMs = 600_000

/** Asks for plans, and remembers them by number: in memory and in the table. */
export function createPlans(deps: PlansDeps): Plans {
  const { ask, find, save, warn, clock = () => performance.now() } = deps
  const byNumber = new Map<string, { reply: PlanReply; saved: string; savedAt: number }>()
  const byCall = new Map<CallId, PlanReply>()

  const remember = (question: PlanQuestion, reply: PlanReply): void => {
    if (reply.plan === null) return
    put(byCall, question.callId, reply, mostCalls)
    const { callId: _, ...content } = reply.plan
    const saved = JSON.stringify({ ...reply, plan: content })
    const known = byNumber.get(question.to)
    if (known?.saved === saved && clock() - known.savedAt < saveAgainMs) return
    put(byNumber, question.to, { reply, saved, savedAt: clock() }, mostNumbers)
    save(question.to, reply).catch((err: unknown) => warn({ err }, 'plan cannot be kept'))
  }

  const lastSeen = async (number: string): Promise<PlanReply | null> => {
    const known = byNumber.get(number)
    if (known) return known.reply
    return find(number).catch((err: unknown) => {
      warn({ err }, 'known plan cannot be read')
      return null
    })
  }

  return {
    async planFor(question) {
      const reply = await ask(question)
      if (reply !== null) {
        remember(question, reply)
        return { planned: plannedOf(reply), degraded: false }
      }
      const known = await lastSeen(question.to)
      if (known !== null) {
        put(byCall, question.callId, known, mostCalls)
        return { planned: { ...plannedOf(known), modeReason: 'last-known-plan' }, degraded: true }
      }
      const language = deps.defaultLanguage
      return {
        planned: { mode: 'message', modeReason: 'no-plan', assistantId: null, language, apology: '' },
        degraded: true,
      }
    },
    languageOf: (number) => byNumber.get(number)?.reply.language ?? deps.defaultLanguage,
    async openReply(callId, number) {
      const reply = byCall.get(callId) ?? (number === null ? null : await lastSeen(number))
      if (!reply?.plan) return null
      return { plan: { ...reply.plan, callId }, dialogue: [] }
    },
  }
}

const plannedOf = (reply: PlanReply): Planned => ({
  mode: reply.mode,
  modeReason: reply.modeReason,
  assistantId: reply.assistantId,
  language: reply.language,
  apology: reply.apology,
})

/** Puts a value last; the first goes when there are too many. */
function put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key)
  const [oldest] = map.keys()
  if (map.size >= most && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}
