import { type CallId, Fault } from '@toritsugi/contracts'
import type { CallEvent } from './core/call.ts'
import type { LateCalls } from './late-calls.ts'
import type { StreamClaims } from './stream-token.ts'

export type DegradedCallsDeps = {
  perform(callId: CallId, event: CallEvent): Promise<unknown>
  late: Pick<LateCalls, 'noteWaiting' | 'adopt'>
}

/**
 * Marks the call of a stream's token as served without the bus. A call that was never written down is written
 * from what the token says.
 */
export function createDegradedCalls(deps: DegradedCallsDeps): (claims: StreamClaims) => Promise<void> {
  const { perform, late } = deps
  return async ({ callId, callSid, epoch, degraded }) => {
    if (late.noteWaiting(callId, { type: 'call.degraded' })) return
    const known = await perform(callId, { type: 'call.degraded' }).catch((error: unknown) => {
      if (!(error instanceof Fault) || error.code !== 'database.unavailable') throw error
      return null
    })
    if (known !== null || degraded === undefined) return
    await late.adopt(
      { callId, carrierCallId: callSid, direction: 'inbound', ...degraded },
      epoch,
      degraded.startedAt,
    )
  }
}
