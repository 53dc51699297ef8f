import { type CallId, type Envelope, factEnvelope, newId } from '@toritsugi/contracts'
import type { StoredCall } from './call-repository.ts'
import { type Call, type CallCommand, type CallEvent, stepCall, type Tell } from './core/call.ts'

/** What a step led to. */
export type Played = {
  readonly before: Call
  readonly call: Call
  readonly commands: readonly CallCommand[]
  readonly refused: string | undefined
}

/** A deadline of a call: `at` it becomes an event again. */
export type Wake = Extract<CallCommand, { do: 'wake' }>

/** The tables, as the runner needs them; `Tx` is whatever a transaction is there. */
export type CallStore<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  loadCall(tx: Tx, callId: CallId): Promise<StoredCall | null>
  saveCall(tx: Tx, before: StoredCall, after: Call): Promise<void>
  /** To the outbox and to the call's timeline. */
  addFacts(tx: Tx, facts: readonly Omit<Envelope, 'sequence'>[]): Promise<void>
  setWake(tx: Tx, callId: CallId, wake: Wake): Promise<void>
}

export type CallRunner<Tx> = {
  /**
   * Steps a call in a transaction: state, facts and deadlines are saved together. What is left to be done at the
   * carrier is in the commands returned, for after the commit.
   * @returns null when there is no such call
   */
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  /** The same in a transaction of its own, and what is left is handed to `act` once it is committed. */
  perform(callId: CallId, event: CallEvent): Promise<Played | null>
}

export const ownSource = '/call-control'

/**
 * Runs calls: load, step, save with a version check, facts to the outbox, all in one transaction.
 * @param act what commands do to the world; called after the commit, its failures are its own
 */
export function createCallRunner<Tx>(deps: {
  store: CallStore<Tx>
  act(played: Played): void
}): CallRunner<Tx> {
  const { store, act } = deps

  const play = async (tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null> => {
    const stored = await store.loadCall(tx, callId)
    if (stored === null) return null
    const { state: call, commands, refused } = stepCall(stored.call, event)
    await store.saveCall(tx, stored, call)
    const at = 'at' in event ? event.at : call.startedAt
    const facts = commands.filter((command) => command.do === 'tell').map((tell) => factOf(callId, tell, at))
    if (facts.length > 0) await store.addFacts(tx, facts)
    for (const command of commands) {
      if (command.do === 'wake') await store.setWake(tx, callId, command)
    }
    return { before: stored.call, call, commands, refused }
  }

  return {
    play,
    async perform(callId, event) {
      const played = await store.inTransaction((tx) => play(tx, callId, event))
      if (played !== null) act(played)
      return played
    },
  }
}

function factOf(callId: CallId, { type, data }: Tell, at: string): Omit<Envelope, 'sequence'> {
  // The sequence is given by the outbox.
  const { sequence: _, ...fact } = factEnvelope({
    id: newId('evt'),
    type,
    source: ownSource,
    callId,
    at,
    sequence: 1,
    data,
  })
  return fact
}
