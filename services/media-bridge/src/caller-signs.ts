import type { SessionPlan } from '@toritsugi/contracts'
import { newSilence, stepSilence } from './core/caller-silence.ts'
import { type KeysCommand, noKeys, stepKeys } from './core/keys.ts'

/** Signs of life of the caller besides speech: keys, and their absence. */
export type CallerSigns = {
  digit(digit: string): void
  spoke(): void
  /** Somebody did something: silence is counted from here. */
  stirred(): void
  /** @param heardAt when the caller last heard something; null while it is not their turn. Monotonic ms */
  tick(now: number, heardAt: number | null): void
}

export function callerSigns(
  plan: SessionPlan,
  ears: { keysEntered(keys: string, firstAt: number): void; reprompt(): void; giveUp(): void },
): CallerSigns {
  let silence = newSilence()
  let keys = noKeys()
  let stirredAt = performance.now()

  const entered = (commands: readonly KeysCommand[]): void => {
    for (const { keys: pressed, firstAt } of commands) ears.keysEntered(pressed, firstAt)
  }
  const acted = (): void => {
    silence = stepSilence(silence, { type: 'caller.acted' }).state
  }

  return {
    digit(digit) {
      acted()
      const step = stepKeys(keys, { type: 'pressed', digit, at: performance.now() })
      keys = step.state
      entered(step.commands)
    },
    spoke: acted,
    stirred() {
      stirredAt = performance.now()
    },
    tick(now, heardAt) {
      if (keys.pressed !== '') {
        const step = stepKeys(keys, { type: 'ticked', at: now })
        keys = step.state
        entered(step.commands)
      }
      if (heardAt === null && silence.since === null) return
      const { state, commands } = stepSilence(silence, {
        type: 'ticked',
        at: now,
        since: heardAt === null || keys.pressed !== '' ? null : Math.max(heardAt, stirredAt),
        repromptAfterMs: plan.callerSilence.repromptAfterMs,
        mostReprompts: plan.callerSilence.reprompts,
      })
      silence = state
      for (const { type } of commands) {
        stirredAt = now
        if (type === 'reprompt') ears.reprompt()
        else ears.giveUp()
      }
    },
  }
}
