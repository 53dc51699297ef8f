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
