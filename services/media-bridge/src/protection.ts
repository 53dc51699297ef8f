import type { SessionPlan } from '@toritsugi/contracts'
import { turnDetectionOf } from '@toritsugi/realtime-protocol'
import type { Floor } from './floor.ts'
import type { PresentSession } from './present-session.ts'

/**
 * While something must be heard to its end, the model neither stops for the caller nor answers by itself. Who
 * spoke meanwhile is answered when it is over.
 */
export type Protection = {
  isOn(): boolean
  on(): void
  off(): void
  /** The caller spoke or pressed keys. */
  callerActed(): void
  /** A new session does not know of it. */
  renew(): void
}

export function protection(parts: { plan: SessionPlan; floor: Floor; session: PresentSession }): Protection {
  const { plan, floor, session } = parts
  let isOn = false
  let owesAnswer = false

  const answersCaller = (yes: boolean): void => {
    session.send({
      type: 'session.update',
      event_id: session.nextId('vad'),
      session: { type: 'realtime', audio: { input: { turn_detection: turnDetectionOf(plan, yes) } } },
    })
    floor.serverAnswers(yes)
  }

  return {
    isOn: () => isOn,
    on() {
      if (isOn) return
      isOn = true
      owesAnswer = false
      answersCaller(false)
    },
    off() {
      if (!isOn) return
      isOn = false
      answersCaller(true)
      if (owesAnswer) floor.want('inject', null)
    },
    callerActed() {
      owesAnswer = true
    },
    renew() {
      if (isOn) answersCaller(false)
    },
  }
}
