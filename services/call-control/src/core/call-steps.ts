import { go, stay } from '@toritsugi/machine'
import type { Call, CallCommand, CallStep, Planned, Tell } from './call.ts'
import { checkUpRhythmMs } from './care.ts'
import { later } from './instant.ts'
import { type Leg, type LegEvent, stepLeg } from './leg.ts'

// Steps that several events share.

/** The call has its plan: the world is told of it, and it is looked after from now on. */
export function start(call: Call, event: { at: string; planned: Planned; degraded: boolean }): CallStep {
  const { planned, degraded } = event
  const planning: Call = { ...call, planned, degraded: call.degraded || degraded }
  return go<Call, CallCommand>(
    planning,
    {
      do: 'tell',
      type: 'call.started',
      data: {
        direction: call.direction,
        from: call.from,
        to: call.to,
        carrierCallId: call.carrierCallId,
        contactId: call.contactId,
        assistantId: planned.assistantId,
        language: planned.language,
        mode: planned.mode,
        modeReason: planned.modeReason,
        degraded: planning.degraded,
        startedAt: call.startedAt,
      },
    },
    nextCheckUp(event.at),
  )
}

export const nextCheckUp = (at: string): CallCommand => ({
  do: 'wake',
  kind: 'checkup',
  at: later(at, checkUpRhythmMs),
  repeats: true,
})

/** The first sign that the caller is connected. */
export function answered(call: Call, at: string): CallStep {
  if (call.is !== 'ringing') return stay(call)
  const { leg, commands } = moveLeg(call, { type: 'leg.answered', at })
  return { state: { ...call, callerLeg: leg, is: 'in-progress', answeredAt: at }, commands }
}

export function moveLeg(call: Call, event: LegEvent): { leg: Leg; commands: readonly Tell[] } {
  const { state, commands } = stepLeg(call.callerLeg, event)
  return { leg: state, commands }
}

/** One step after another, their commands in order. */
export function andThen(first: CallStep, second: (call: Call) => CallStep): CallStep {
  const next = second(first.state)
  return { ...next, commands: [...first.commands, ...next.commands] }
}
