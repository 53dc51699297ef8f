import type { ModelResponse } from '@toritsugi/realtime-protocol'
import {
  type Ask,
  emptyQueue,
  isQuiet,
  type Purpose,
  type QueueEvent,
  type ResponseQueue,
  stepQueue,
} from './core/response-queue.ts'
import type { LiveResponse } from './live-response.ts'
import { responseSettings } from './phrases.ts'
import type { PresentSession } from './present-session.ts'

export type FloorEars = {
  /** This ask went to the model. */
  asked(ask: Ask): void
  /** This ask will not be answered. */
  dropped(ask: Ask, because: 'refused' | 'unwanted' | 'answered-otherwise'): void
  /** The model takes neither yes nor no to what it was asked. */
  stalled(): void
}

/** Who may speak, and the responses of the model while they matter. */
export type Floor = {
  want(purpose: Purpose, instructions: string | null): Ask
  /** The same in two steps, for who must know the ask before it is out. */
  prepare(purpose: Purpose, instructions: string | null): Ask
  put(ask: Ask): void
  /** The same, before everything that waits. */
  wantFirst(purpose: Purpose, instructions: string | null): Ask
  unwanted(...purposes: readonly Purpose[]): void
  speechStarted(): void
  committed(): void
  created(response: ModelResponse): LiveResponse
  done(response: ModelResponse): LiveResponse | undefined
  /** An error that answers one of our asks. @returns that ask, or null when it answers something else */
  refused(eventId: string | null, busy: boolean): Ask | null
  /** The endpoint does not take metadata. */
  leaveOutMetadata(): void
  serverAnswers(on: boolean): void
  response(id: string): LiveResponse | undefined
  /** Responses that are being made. */
  running(): LiveResponse[]
  isQuiet(): boolean
  /** A new session knows of nothing: what runs is lost, what waits and still matters is asked again. */
  newSession(): LiveResponse[]
  tick(now: number): void
}

/** What is worth asking again in a new session. */
const survivesLoss: readonly Purpose[] = ['say', 'inject', 'goodbye', 'keys', 'tools']
/** Responses kept after they are done, for deltas that come late. */
const mostDone = 8
const eventPrefix = 'ask-'

export function floor(parts: {
  session: PresentSession
  /** Ms of audio the model was given so far. */
  callerMs(): number
  ears: FloorEars
}): Floor {
  const { session, ears } = parts
  const responses = new Map<string, LiveResponse>()
  let queue: ResponseQueue = emptyQueue()
  let asks = 0
  let ordinal = 0
  let callerMsBefore = 0
  let askedAt = 0
  let withMetadata = true

  const step = (event: QueueEvent): void => {
    const { state, commands } = stepQueue(queue, event)
    queue = state
    for (const command of commands) {
      if (command.type === 'ask') {
        const { ask } = command
        session.send({
          type: 'response.create',
          event_id: `${eventPrefix}${ask.id}`,
          response: responseSettings(ask, withMetadata),
        })
        askedAt = now()
        ears.asked(ask)
      } else if (command.type === 'dropped') ears.dropped(command.ask, command.because)
      else ears.stalled()
    }
  }

  const now = (): number => performance.now()
  const prepare = (purpose: Purpose, instructions: string | null): Ask => ({
    id: String(++asks),
    purpose,
    instructions,
  })
  const put = (ask: Ask): void => step({ type: 'wanted', ask, at: now() })

  const forgetOld = (): void => {
    const done = [...responses.values()].filter((response) => response.done)
    for (const old of done.slice(0, Math.max(0, done.length - mostDone))) responses.delete(old.id)
  }

  return {
    want(purpose, instructions) {
      const ask = prepare(purpose, instructions)
      put(ask)
      return ask
    },
    prepare,
    put,
    wantFirst(purpose, instructions) {
      const ask = prepare(purpose, instructions)
      step({ type: 'wanted', ask, at: now(), first: true })
      return ask
    },
    unwanted: (...purposes) => step({ type: 'unwanted', purposes }),
    speechStarted: () => step({ type: 'speech.started' }),
    committed: () => step({ type: 'committed', at: now() }),
    created({ id, metadata }) {
      step({ type: 'response.created', responseId: id, askId: metadata.ask ?? null, at: now() })
      const callerMs = parts.callerMs()
      const response: LiveResponse = {
        id,
        ordinal: ++ordinal,
        session: session.number(),
        ask: queue.active?.id === id ? queue.active.ask : null,
        askedAt,
        createdAt: now(),
        cancelled: false,
        done: false,
        spoke: false,
        audioMs: 0,
        textLength: 0,
        callerMs: callerMs - callerMsBefore,
      }
      callerMsBefore = callerMs
      responses.set(id, response)
      return response
    },
    done({ id }) {
      const response = responses.get(id)
      if (response !== undefined) response.done = true
      step({ type: 'response.done', responseId: id, at: now() })
      forgetOld()
      return response
    },
    refused(eventId, busy) {
      const isNamed = eventId?.startsWith(eventPrefix) === true
      // A server that names no event can only mean the ask that is out; what else is refused has another name.
      if (!isNamed && (eventId !== null || !busy)) return null
      const askId = isNamed ? eventId.slice(eventPrefix.length) : queue.asked?.ask.id
      const ask = [queue.asked?.ask, queue.active?.ask].find((one) => one?.id === askId)
      if (ask === undefined || ask === null) return null
      step({ type: busy ? 'ask.busy' : 'ask.refused', askId: ask.id, at: now() })
      for (const response of responses.values()) {
        if (busy && !response.done && response.ask?.id === ask.id) response.ask = null
      }
      return ask
    },
    leaveOutMetadata() {
      withMetadata = false
    },
    serverAnswers: (on) => step({ type: 'server-answers', on, at: now() }),
    response: (id) => responses.get(id),
    running: () => [...responses.values()].filter((response) => !response.done),
    isQuiet: () => isQuiet(queue),
    newSession() {
      const lost = [...responses.values()].filter((response) => !response.done)
      for (const response of lost) response.done = true
      responses.clear()
      callerMsBefore = parts.callerMs()
      const out = queue.asked?.ask ?? queue.active?.ask ?? null
      const waiting = [...(out === null ? [] : [out]), ...queue.waiting].filter(({ purpose }) =>
        survivesLoss.includes(purpose),
      )
      const { serverAnswers, givesMetadata } = queue
      queue = { ...emptyQueue(), waiting, serverAnswers, givesMetadata }
      return lost
    },
    tick(at) {
      const isWaiting = queue.asked !== null || queue.floor.is === 'awaited' || queue.active?.id === null
      if (isWaiting) step({ type: 'ticked', at })
    },
  }
}
