import type { CallId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'
import { receiveArrival } from './arrival-repository.ts'
import type { CallEvent } from './core/call.ts'
import type { LateCall } from './late-calls.ts'
import type { RecordedEvent } from './messages.ts'

/**
 * Writes a call that was lived through without the database. What is known already stays as it is, so it may be
 * written twice.
 */
export async function writeLateCall(
  tx: Tx,
  late: LateCall,
  steps: {
    play(tx: Tx, callId: CallId, event: CallEvent): Promise<unknown>
    record(tx: Tx, callId: CallId, event: RecordedEvent): Promise<void>
  },
): Promise<void> {
  const { callId } = late.arrival
  await receiveArrival(tx, late.arrival, null)
  for (const event of late.events) {
    if (event.type === 'message.recorded') await steps.record(tx, callId, event)
    else await steps.play(tx, callId, event)
  }
  await tx.webhookAnswer.createMany({
    data: [...late.answers].map(([key, answer]) => ({ key, answer })),
    skipDuplicates: true,
  })
}
