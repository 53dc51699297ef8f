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
