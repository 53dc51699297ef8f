import { type CallId, Fault } from '@toritsugi/contracts'
import type { Arrival } from './arrival.ts'
import type { Played } from './call-runner.ts'
import type { CallEvent } from './core/call.ts'
import { within } from './deadline.ts'
import type { LateCalls } from './late-calls.ts'

export type CallNotesDeps<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  receive(tx: Tx, arrival: Arrival, ...events: CallEvent[]): Promise<Played>
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  act(played: Played): void
  late: Pick<LateCalls, 'note' | 'noteWaiting'>
  /** Longest the database may take, ms. Default 3000. */
  databaseMs?: number
}

/**
 * Takes what a webhook says happened to a call. While the database is away it is remembered.
 * @throws Fault `call.not-found` when the call is not known and the webhook does not say who speaks
 */
export function createCallNotes<Tx>(
  deps: CallNotesDeps<Tx>,
): (callId: CallId, arrival: Arrival | null, event: CallEvent) => Promise<void> {
  const { inTransaction, receive, play, act, late, databaseMs = 3000 } = deps

  const write = (callId: CallId, arrival: Arrival | null, event: CallEvent): Promise<Played | null> =>
    inTransaction((tx) => (arrival === null ? play(tx, callId, event) : receive(tx, arrival, event)))

  return async (callId, arrival, event) => {
    // What waits to be written down is written in its order.
    if (late.noteWaiting(callId, event)) return
    try {
      const played = await within(databaseMs, 'database.unavailable', write(callId, arrival, event))
      if (played === null) throw new Fault('call.not-found')
      act(played)
    } catch (err) {
      if (!(err instanceof Fault) || err.code !== 'database.unavailable' || arrival === null) throw err
      if (!late.note(arrival, event)) throw err
    }
  }
}
