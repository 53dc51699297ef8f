import { type CallId, callIntended, factEnvelope, newId } from '@toritsugi/contracts'
import type { NewFact } from './outbox.ts'

/** A valid fact for tests, yet without a sequence. */
export function intendedFact(fact: { callId: CallId; source?: string; reason?: string }): NewFact {
  const { sequence: _, ...envelope } = factEnvelope({
    id: newId('evt'),
    type: callIntended.type,
    source: fact.source ?? '/call-control',
    callId: fact.callId,
    at: new Date().toISOString(),
    sequence: 1,
    data: { epoch: 1, what: 'end', reason: fact.reason ?? 'test' },
  })
  return envelope
}
