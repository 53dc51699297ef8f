import { go, stay } from '@toritsugi/machine'
import type { Call, CallCommand, CallStep, PendingEnd, Planned } from './call.ts'
import { andThen, moveLeg, start } from './call-steps.ts'
import type { TerminalStatus } from './carrier-status.ts'
import { decideEnding } from './ending.ts'
import { later } from './instant.ts'

/** Who hangs up after leaving a message is reported twice, in any order: so long the recording may take. */
const recordingMs = 3000

/** The carrier says that the call is over: it ends now, or when the message being recorded has come. */
export function endOrWait(call: Call, over: PendingEnd): CallStep {
  const recording = call.apologised !== null && !call.messageRecorded && call.farewellAt === null
  if (call.is === 'ended' || !recording) return endCall(call, over, over.status)
  if (call.ending !== null) return stay(call)
  const { at, status, talkedMs } = over
  return go<Call, CallCommand>(
    { ...call, ending: { at, status, talkedMs } },
    { do: 'wake', kind: 'ending', at: later(at, recordingMs) },
  )
}

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
      const { at, talkedMs } = over
      const { leg, commands } = moveLeg(call, { type: 'leg.over', at, talkedMs, endReason, blame })
      const answeredAt = leg.is === 'ended' ? leg.answeredAt : null
      const endedAt = over.at
      const durationMs = answeredAt === null ? 0 : Math.max(0, Date.parse(endedAt) - Date.parse(answeredAt))
      return {
        state: { ...call, ending: null, callerLeg: leg, is: 'ended', answeredAt, endedAt, endReason, blame },
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
