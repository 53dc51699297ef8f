import type { Mode } from '@toritsugi/contracts'
import type { Standing } from './models.ts'

/** All that the mode of a call depends on. */
export type ModeInputs = {
  /** False: the kill switch is thrown. */
  realtimeEnabled: boolean
  /** The assistant's own model or the configured one; empty when there is none. */
  model: string
  standing: Standing
}

export type ModeDecision = { mode: Mode; reason: ModeReason }
export type ModeReason =
  | 'realtime.available'
  | 'realtime.model-not-known'
  | 'realtime.successor-used'
  | 'kill-switch'
  | 'no-model'

/**
 * The mode of a call and why. Only `realtime` and, where that cannot be had, `message` are offered; a mode
 * between the two (`conference`) would be decided here.
 */
export function decideMode(inputs: ModeInputs): ModeDecision {
  if (!inputs.realtimeEnabled) return { mode: 'message', reason: 'kill-switch' }
  if (inputs.model === '') return { mode: 'message', reason: 'no-model' }
  switch (inputs.standing.is) {
    case 'live':
    case 'ending':
      return { mode: 'realtime', reason: 'realtime.available' }
    case 'unknown':
      return { mode: 'realtime', reason: 'realtime.model-not-known' }
    case 'ended':
      return { mode: 'realtime', reason: 'realtime.successor-used' }
  }
}
