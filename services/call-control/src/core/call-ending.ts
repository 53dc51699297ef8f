import { stay } from '@toritsugi/machine'
import type { Call, CallStep, Planned } from './call.ts'
import { andThen, moveLeg, start } from './call-steps.ts'
import type { TerminalStatus } from './carrier-status.ts'
import { decideEnding } from './ending.ts'

/** Ends the call, once. @param status null when the carrier no longer knows the call */
export function endCall(
  call: Call,
  over: { at: string; talkedMs: number | null },
  status: TerminalStatus | null,
): CallStep {
  if (call.is === 'ended') return stay(call)
  const plannedBefore = call.planned
  const unplanned =
    call.planned === null ? start(call, { at: over.at, planned: neverServed, degraded: true }) : stay(call)
  return andThen(
    { ...unplanned, commands: unplanned.commands.filter((command) => command.do === 'tell') },
    (call) => {
      const { endReason, blame } = decideEnding({ ...call, planned: plannedBefore }, status)
      const { leg, commands } = moveLeg(call, { ...over, type: 'leg.over', endReason, blame })
      const answeredAt = leg.is === 'ended' ? leg.answeredAt : null
      const endedAt = over.at
      const durationMs = answeredAt === null ? 0 : Math.max(0, Date.parse(endedAt) - Date.parse(answeredAt))
      return {
        state: { ...call, callerLeg: leg, is: 'ended', answeredAt, endedAt, endReason, blame },
        commands: [
          ...commands,
          {
            do: 'tell',
            type: 'call.ended',
            data: { endReason, blame, answeredAt, endedAt, durationMs, streams: call.epoch },
          },
        ],
      }
    },
  )
}

/** A call whose webhook was never answered by us. */
const neverServed: Planned = {
  mode: 'message',
  modeReason: 'never-served',
  assistantId: null,
  language: 'ja-JP',
  apology: '',
}
