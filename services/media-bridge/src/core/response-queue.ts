import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** Why we ask the model to speak. */
export type Purpose =
  | 'greeting'
  | 'bridging'
  | 'tools'
  | 'keys'
  | 'say'
  | 'inject'
  | 'filler'
  | 'reprompt'
  | 'goodbye'

/** One `response.create` of ours. The id travels as metadata and comes back with the response. */
export type Ask = {
  id: string
  purpose: Purpose
  /** What is to be said, word for word or in sense; null: whatever the dialogue calls for. */
  instructions: string | null
}

/**
 * Only one response may run at a time, and the server makes some by itself: when the caller has spoken. The floor
 * is the caller's from the first sound until the answer to it is done; ours go to a free floor only.
 */
export type ResponseQueue = {
  floor:
    | { is: 'free' }
    | { is: 'caller' }
    /** The caller's turn is over; the server should make a response now. */
    | { is: 'awaited'; since: number }
    | { is: 'answering' }
  /** The response being made; without an id when we only know that there is one. */
  active: { id: string | null; ask: Ask | null; since: number } | null
  /** Sent, and not yet seen as a response. */
  asked: { ask: Ask; at: number } | null
  waiting: readonly Ask[]
  /** Voice detection makes responses; off while something must be heard to its end. */
  serverAnswers: boolean
  /** The endpoint gives our metadata back: a response without it is not ours. */
  givesMetadata: boolean
}

export type QueueEvent =
  /** @param first it goes before what waits already */
  | { type: 'wanted'; ask: Ask; at: number; first?: boolean }
  /** Asks of these purposes are not wanted any more. */
  | { type: 'unwanted'; purposes: readonly Purpose[] }
  | { type: 'speech.started' }
  | { type: 'committed'; at: number }
  | { type: 'response.created'; responseId: string; askId: string | null; at: number }
  | { type: 'response.done'; responseId: string; at: number }
  /** `conversation_already_has_active_response`, for the ask with this id. */
  | { type: 'ask.busy'; askId: string; at: number }
  /** Refused for any other reason. */
  | { type: 'ask.refused'; askId: string; at: number }
  | { type: 'server-answers'; on: boolean; at: number }
  | { type: 'ticked'; at: number }

export type QueueCommand =
  | { type: 'ask'; ask: Ask }
  /** This ask will not be answered: refused, or made needless by the server's own response. */
  | { type: 'dropped'; ask: Ask; because: 'refused' | 'unwanted' | 'answered-otherwise' }
  /** The model takes neither yes nor no to what was asked. */
  | { type: 'stalled' }

export const emptyQueue = (): ResponseQueue => ({
  floor: { is: 'free' },
  active: null,
  asked: null,
  waiting: [],
  serverAnswers: true,
  givesMetadata: false,
})

/** A committed turn without a response for so long gets none. */
export const awaitedMs = 1000
/** An ask without a response for so long means that the model's socket is dead; one that was refused for a response
 * nobody knows is asked again after so long. */
export const stalledMs = 6000
/** More asks than this at once are a bug of the asker; the oldest goes. */
const mostWaiting = 16

/** The asks that a response to the caller makes needless: it knows what they wanted told. */
const coveredByAnswer: readonly Purpose[] = ['tools', 'filler', 'reprompt']

type QueueStep = Step<ResponseQueue, QueueCommand>

export function stepQueue(queue: ResponseQueue, event: QueueEvent): QueueStep {
  switch (event.type) {
    case 'wanted': {
      const waiting = event.first === true ? [event.ask, ...queue.waiting] : [...queue.waiting, event.ask]
      const dropped = waiting.length > mostWaiting ? waiting.splice(0, 1) : []
      return withDropped(next({ ...queue, waiting }, event.at), dropped, 'unwanted')
    }
    case 'unwanted':
      return without(queue, event.purposes, 'unwanted')
    case 'speech.started':
      return without({ ...queue, floor: { is: 'caller' } }, ['reprompt', 'filler'], 'unwanted')
    case 'committed':
      if (queue.floor.is !== 'caller') return stay(queue)
      return queue.serverAnswers
        ? go({ ...queue, floor: { is: 'awaited', since: event.at } })
        : next({ ...queue, floor: { is: 'free' } }, event.at)
    case 'response.created':
      return created(queue, event)
    case 'response.done': {
      if (queue.active !== null && queue.active.id !== null && queue.active.id !== event.responseId) {
        return stay(queue)
      }
      const floor = queue.floor.is === 'answering' ? ({ is: 'free' } as const) : queue.floor
      return next({ ...queue, active: null, floor }, event.at)
    }
    case 'ask.busy': {
      if (queue.asked?.ask.id !== event.askId) {
        const mistaken = queue.active?.ask
        if (mistaken?.id !== event.askId || queue.active === null) return stay(queue)
        // What was taken for ours, for want of metadata, is the server's own.
        return go({
          ...queue,
          active: { ...queue.active, ask: null },
          waiting: [mistaken, ...queue.waiting],
        })
      }
      const { ask } = queue.asked
      // Whose response it is that runs we may not know; its end frees the way.
      return go({
        ...queue,
        asked: null,
        active: queue.active ?? { id: null, ask: null, since: event.at },
        waiting: [ask, ...queue.waiting],
      })
    }
    case 'ask.refused': {
      if (queue.asked?.ask.id !== event.askId) return stay(queue)
      const { ask } = queue.asked
      return withDropped(next({ ...queue, asked: null }, event.at), [ask], 'refused')
    }
    case 'server-answers': {
      const floor =
        !event.on && queue.floor.is === 'awaited' && queue.active === null
          ? ({ is: 'free' } as const)
          : queue.floor
      return next({ ...queue, serverAnswers: event.on, floor }, event.at)
    }
    case 'ticked': {
      if (queue.asked !== null && event.at - queue.asked.at >= stalledMs) {
        return go<ResponseQueue, QueueCommand>({ ...queue, asked: null }, { type: 'stalled' })
      }
      if (queue.active !== null && queue.active.id === null && event.at - queue.active.since >= stalledMs) {
        return next({ ...queue, active: null }, event.at)
      }
      if (queue.floor.is !== 'awaited' || event.at - queue.floor.since < awaitedMs) return stay(queue)
      return next({ ...queue, floor: { is: 'free' } }, event.at)
    }
    default:
      return assertNever(event)
  }
}

function created(queue: ResponseQueue, event: QueueEvent & { type: 'response.created' }): QueueStep {
  const { responseId, askId, at } = event
  const { asked } = queue
  const isNamed = asked !== null && askId === asked.ask.id
  const givesMetadata = queue.givesMetadata || isNamed
  // An endpoint that gives no metadata back: ours, unless the caller has just spoken.
  const isOurs = isNamed || (!givesMetadata && askId === null && queue.floor.is === 'free')
  if (asked !== null && isOurs) {
    return go({ ...queue, givesMetadata, asked: null, active: { id: responseId, ask: asked.ask, since: at } })
  }
  const answers = queue.floor.is === 'awaited' || queue.floor.is === 'caller'
  const taken: ResponseQueue = {
    ...queue,
    active: { id: responseId, ask: null, since: at },
    floor: answers ? { is: 'answering' } : queue.floor,
  }
  return answers ? without(taken, coveredByAnswer, 'answered-otherwise') : go(taken)
}

/** Sends what waits longest when nothing stands in its way. */
function next(queue: ResponseQueue, at: number): QueueStep {
  const [ask, ...waiting] = queue.waiting
  if (ask === undefined || queue.active !== null || queue.asked !== null || queue.floor.is !== 'free') {
    return go(queue)
  }
  return go<ResponseQueue, QueueCommand>({ ...queue, asked: { ask, at }, waiting }, { type: 'ask', ask })
}

function without(
  queue: ResponseQueue,
  purposes: readonly Purpose[],
  because: 'unwanted' | 'answered-otherwise',
): QueueStep {
  const dropped = queue.waiting.filter(({ purpose }) => purposes.includes(purpose))
  if (dropped.length === 0) return go(queue)
  const waiting = queue.waiting.filter(({ purpose }) => !purposes.includes(purpose))
  return withDropped(go({ ...queue, waiting }), dropped, because)
}

function withDropped(
  step: QueueStep,
  asks: readonly Ask[],
  because: 'refused' | 'unwanted' | 'answered-otherwise',
): QueueStep {
  if (asks.length === 0) return step
  const dropped = asks.map((ask): QueueCommand => ({ type: 'dropped', ask, because }))
  return { state: step.state, commands: [...step.commands, ...dropped] }
}

/** Nothing is said, asked, waited for, and the caller does not speak. */
export const isQuiet = (queue: ResponseQueue): boolean =>
  queue.floor.is === 'free' && queue.active === null && queue.asked === null && queue.waiting.length === 0
