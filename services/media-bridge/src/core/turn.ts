import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** Whose turn it is, and how long the caller has been waiting for an answer. Times are monotonic ms. */
export type Turn =
  | { is: 'listening' }
  | { is: 'hearing' }
  /** The caller stopped; the model thinks, or a tool runs. `modelMs` is the model's own part so far. */
  | { is: 'thinking'; stoppedAt: number; modelMs: number; modelSince: number | null }
  | { is: 'speaking' }
  /** The caller cut the assistant off and speaks. */
  | { is: 'interrupted' }

export type TurnEvent =
  /** @param cut the assistant was being heard, and was cut off */
  | { type: 'speech.started'; cut: boolean }
  | { type: 'speech.stopped'; at: number }
  /** We asked the model for a response. */
  | { type: 'asked'; at: number }
  /** The model is done without a word: it called tools, or failed. */
  | { type: 'model.yielded'; at: number }
  | { type: 'first-audio'; at: number; receivedAt: number }
  /** Everything said was heard. */
  | { type: 'silent' }

/**
 * The answer to the caller's speech has begun.
 * responseMs: the model heard the caller stop → first audio left. ourShareMs: the part that was not the model's.
 */
export type TurnCommand = { type: 'answered'; responseMs: number; ourShareMs: number }

export function stepTurn(turn: Turn, event: TurnEvent): Step<Turn, TurnCommand> {
  switch (event.type) {
    case 'speech.started':
      return go({ is: event.cut ? 'interrupted' : 'hearing' })
    case 'speech.stopped':
      return go({ is: 'thinking', stoppedAt: event.at, modelMs: 0, modelSince: event.at })
    case 'asked':
      if (turn.is !== 'thinking' || turn.modelSince !== null) return stay(turn)
      return go({ ...turn, modelSince: event.at })
    case 'model.yielded':
      if (turn.is !== 'thinking' || turn.modelSince === null) return stay(turn)
      return go({ ...turn, modelMs: turn.modelMs + (event.at - turn.modelSince), modelSince: null })
    case 'first-audio': {
      if (turn.is === 'speaking') return stay(turn)
      if (turn.is !== 'thinking') return go({ is: 'speaking' })
      const own = turn.modelMs + (turn.modelSince === null ? 0 : event.receivedAt - turn.modelSince)
      const responseMs = event.at - turn.stoppedAt
      return go<Turn, TurnCommand>(
        { is: 'speaking' },
        {
          type: 'answered',
          responseMs: Math.round(responseMs),
          ourShareMs: Math.max(0, Math.round(responseMs - own)),
        },
      )
    }
    case 'silent':
      return turn.is === 'speaking' ? go({ is: 'listening' }) : stay(turn)
    default:
      return assertNever(event)
  }
}
