import type { BridgeTimes } from './bridge-metrics.ts'
import { stepTurn, type Turn, type TurnEvent } from './core/turn.ts'

/** How long the caller waited for an answer, ms, and the part of it that was not the model's. */
export type ReplyTimes = { responseMs: number; ourShareMs: number }

/** Whose turn it is, and how long answers took. */
export type TurnTaking = {
  /** @param cut the assistant was being heard, and was cut off */
  callerBegan(cut: boolean): void
  callerStopped(): void
  /** The model was asked for a response. */
  asked(): void
  /** The model is done without a word. */
  yielded(): void
  /** The first audio of an item left. @param receivedAt when it came from the model, monotonic ms */
  answered(itemId: string, receivedAt: number): void
  /** Everything said was heard. */
  silent(): void
  /** What was measured for an item, once; null when it answered nobody. */
  takeTimes(itemId: string): ReplyTimes | null
  sessionLost(): void
}

export function turnTaking(times: BridgeTimes): TurnTaking {
  let turn: Turn = { is: 'listening' }
  const replies = new Map<string, ReplyTimes>()

  const step = (event: TurnEvent): ReplyTimes | undefined => {
    const { state, commands } = stepTurn(turn, event)
    turn = state
    return commands[0]
  }

  return {
    callerBegan: (cut) => void step({ type: 'speech.started', cut }),
    callerStopped: () => void step({ type: 'speech.stopped', at: performance.now() }),
    asked: () => void step({ type: 'asked', at: performance.now() }),
    yielded: () => void step({ type: 'model.yielded', at: performance.now() }),
    answered(itemId, receivedAt) {
      const reply = step({ type: 'first-audio', at: performance.now(), receivedAt })
      if (reply === undefined) return
      const { responseMs, ourShareMs } = reply
      replies.set(itemId, { responseMs, ourShareMs })
      times.response(responseMs, ourShareMs)
    },
    silent: () => void step({ type: 'silent' }),
    takeTimes(itemId) {
      const reply = replies.get(itemId) ?? null
      replies.delete(itemId)
      return reply
    },
    sessionLost() {
      turn = { is: 'listening' }
    },
  }
}
