import { type CallId, callEnded, type Envelope, factEnvelope, newId } from '@toritsugi/contracts'

/** A valid fact for tests. */
export function endedFact(fact: { callId: CallId; sequence: number; source?: string }): Envelope {
  return factEnvelope({
    id: newId('evt'),
    type: callEnded.type,
    source: fact.source ?? '/call-control',
    callId: fact.callId,
    at: new Date().toISOString(),
    sequence: fact.sequence,
    data: {
      endReason: 'caller-hung-up',
      blame: 'nobody',
      answeredAt: null,
      endedAt: '2026-11-21T08:00:10.000Z',
      durationMs: 0,
      streams: 0,
    },
  })
}

/** Repeats an expectation until it holds; fails with its last complaint after `withinMs`. */
export async function eventually(check: () => void | Promise<void>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
