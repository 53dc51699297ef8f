import { CallId, type Envelope, epochOfSource, type FactData, Fault } from '@toritsugi/contracts'
import type { Played } from './call-runner.ts'
import type { CallEvent } from './core/call.ts'

export type CallEventsDeps<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs the effect once per message and in order per call and source. */
  applyInOrder(
    tx: Tx,
    envelope: Envelope,
    effect: () => Promise<void>,
  ): Promise<'applied' | 'repeated' | 'stale' | 'parked'>
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  exists(callId: CallId): Promise<boolean>
  addToTimeline(tx: Tx, facts: readonly Envelope[]): Promise<void>
  addCost(tx: Tx, callId: CallId, cost: FactData<'usage.priced'>): Promise<void>
}

/**
 * Takes what other services say of a call: its timeline, what it costs, and what becomes of its streams.
 * @returns `parked` when an earlier fact is to come first
 * @throws Fault `call.not-found`, worth a retry: the row may be written later than the fact
 */
export async function takeCallFact<Tx>(
  deps: CallEventsDeps<Tx>,
  envelope: Envelope,
): Promise<'parked' | undefined> {
  const callId = CallId.parse(envelope.subject)
  // Before the transaction: a call that is there stays, and most that are not there yet come in a moment.
  if (!(await deps.exists(callId))) throw new Fault('call.not-found', { retryable: true })
  const applied = await deps.inTransaction((tx) =>
    deps.applyInOrder(tx, envelope, async () => {
      await deps.addToTimeline(tx, [envelope])
      if (envelope.type === 'usage.priced') {
        await deps.addCost(tx, callId, envelope.data as FactData<'usage.priced'>)
      }
      const event = callEventOf(envelope)
      if (event !== null) await deps.play(tx, callId, event)
    }),
  )
  return applied === 'parked' ? 'parked' : undefined
}

/** What a fact means to the call's machine; null: nothing. Its channel's schema was checked by the bus. */
export function callEventOf(envelope: Envelope): CallEvent | null {
  const { type, time: at, source } = envelope
  if (type === 'stream.started') {
    const { epoch } = envelope.data as FactData<'stream.started'>
    return { type: 'stream.started', at, epoch }
  }
  if (type === 'stream.ended') {
    const { epoch, because } = envelope.data as FactData<'stream.ended'>
    // A source speaks for its own stream only.
    if (epochOfSource(source) !== epoch) return null
    return { type: 'stream.over', at, epoch, because }
  }
  return null
}
