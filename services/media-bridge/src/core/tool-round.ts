import { assertNever, go, type Step, stay } from '@toritsugi/machine'

export type ToolCall = { callId: string; name: string; arguments: string }

/** What came of one tool, as the model is told. */
export type ToolOutcome = 'done' | 'failed' | 'timed-out' | 'refused' | 'cancelled'

/**
 * The tools of a call. Each `call_id` is run once, whatever is repeated; the model is asked to go on when the
 * last tool of a response is in.
 */
export type ToolRounds = {
  running: readonly {
    call: ToolCall
    responseId: string
    startedAt: number
    /** The caller was told that it takes a while. */
    bridged: boolean
  }[]
  /** The last call ids, oldest first. */
  seen: readonly string[]
}

export type ToolEvent =
  /** A response is done. Its calls are run when it was completed, and answered "cancelled" otherwise. */
  | { type: 'called'; responseId: string; completed: boolean; calls: readonly ToolCall[]; at: number }
  | { type: 'answered'; callId: string }
  /** The caller is gone, or the session is: nobody waits for a result any more. */
  | { type: 'abandoned' }
  | { type: 'ticked'; at: number; slowAfterMs: number }

export type ToolCommand =
  | { type: 'run'; call: ToolCall }
  | { type: 'answer-cancelled'; call: ToolCall }
  /** Every result of the response is in: the model may go on. */
  | { type: 'all-in'; responseId: string }
  /** A tool takes long: say so. */
  | { type: 'bridge' }

export const noTools = (): ToolRounds => ({ running: [], seen: [] })

const mostSeen = 256

export function stepTools(rounds: ToolRounds, event: ToolEvent): Step<ToolRounds, ToolCommand> {
  switch (event.type) {
    case 'called': {
      const fresh = event.calls.filter(
        ({ callId }, index) =>
          !rounds.seen.includes(callId) && event.calls.findIndex((c) => c.callId === callId) === index,
      )
      if (fresh.length === 0) return stay(rounds)
      const seen = [...rounds.seen, ...fresh.map(({ callId }) => callId)].slice(-mostSeen)
      if (!event.completed) {
        const cancelled = fresh.map((call): ToolCommand => ({ type: 'answer-cancelled', call }))
        return go<ToolRounds, ToolCommand>({ ...rounds, seen }, ...cancelled)
      }
      const { responseId, at } = event
      const running = fresh.map((call) => ({ call, responseId, startedAt: at, bridged: false }))
      return go<ToolRounds, ToolCommand>(
        { running: [...rounds.running, ...running], seen },
        ...fresh.map((call): ToolCommand => ({ type: 'run', call })),
      )
    }
    case 'answered': {
      const done = rounds.running.find(({ call }) => call.callId === event.callId)
      if (done === undefined) return stay(rounds)
      const running = rounds.running.filter((one) => one !== done)
      const isLast = !running.some(({ responseId }) => responseId === done.responseId)
      return isLast
        ? go<ToolRounds, ToolCommand>({ ...rounds, running }, { type: 'all-in', responseId: done.responseId })
        : go({ ...rounds, running })
    }
    case 'abandoned':
      return go({ ...rounds, running: [] })
    case 'ticked': {
      const slow = rounds.running.some(
        ({ startedAt, bridged }) => !bridged && event.at - startedAt >= event.slowAfterMs,
      )
      if (!slow) return stay(rounds)
      // One filler for all that run: the caller hears that it takes a while, once.
      const running = rounds.running.map((one) => ({ ...one, bridged: true }))
      return go<ToolRounds, ToolCommand>({ ...rounds, running }, { type: 'bridge' })
    }
    default:
      return assertNever(event)
  }
}
