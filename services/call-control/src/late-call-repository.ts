import type { CallId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'
import type { Arrival } from './arrival.ts'
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
    receive(tx: Tx, arrival: Arrival, ...events: CallEvent[]): Promise<unknown>
    record(tx: Tx, callId: CallId, event: RecordedEvent): Promise<void>
  },
): Promise<void> {
  const { callId } = late.arrival
  let run: CallEvent[] = []
  for (const event of late.events) {
    if (event.type !== 'message.recorded') {
      run.push(event)
      continue
    }
    await steps.receive(tx, late.arrival, ...run)
    run = []
    await steps.record(tx, callId, event)
  }
  await steps.receive(tx, late.arrival, ...run)
  await tx.webhookAnswer.createMany({
    data: [...late.answers].map(([key, answer]) => ({ key, answer })),
    skipDuplicates: true,
  })
}
