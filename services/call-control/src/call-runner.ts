import { type CallId, type ContactId, type Envelope, factEnvelope, newId } from '@toritsugi/contracts'
import { type Arrival, newCall } from './arrival.ts'
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
  /** The contact of a call that comes in. */
  contactOf(tx: Tx, arrival: Arrival): Promise<ContactId | null>
  /** False when the call was there already. */
  insertCall(tx: Tx, call: Call, arrival: Arrival): Promise<boolean>
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
  play(tx: Tx, callId: CallId, ...events: readonly CallEvent[]): Promise<Played | null>
  /** The same for a call that may come in only now: it is written down with its contact. */
  receive(tx: Tx, arrival: Arrival, ...events: readonly CallEvent[]): Promise<Played>
  /** Plays an event in a transaction of its own; what is left is handed to `act` once it is committed. */
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

  const settle = async (tx: Tx, { played, facts }: Stepped): Promise<Played> => {
    const { call, commands } = played
    if (facts.length > 0) await store.addFacts(tx, facts)
    for (const command of commands) {
      if (command.do === 'wake') await store.setWake(tx, call.id, command)
    }
    return played
  }

  const play = async (tx: Tx, callId: CallId, ...events: readonly CallEvent[]): Promise<Played | null> => {
    const stored = await store.loadCall(tx, callId)
    if (stored === null) return null
    const stepped = stepAll(stored.call, events)
    await store.saveCall(tx, stored, stepped.played.call)
    return settle(tx, stepped)
  }

  return {
    play,
    async receive(tx, arrival, ...events) {
      const known = await play(tx, arrival.callId, ...events)
      if (known !== null) return known
      const stepped = stepAll(newCall(arrival, await store.contactOf(tx, arrival)), events)
      if (await store.insertCall(tx, stepped.played.call, arrival)) return settle(tx, stepped)
      // Somebody else wrote it down in the meantime.
      const found = await play(tx, arrival.callId, ...events)
      if (found === null) throw new Error(`call ${arrival.callId} was neither found nor made`)
      return found
    },
    async perform(callId, event) {
      const played = await store.inTransaction((tx) => play(tx, callId, event))
      if (played !== null) act(played)
      return played
    },
  }
}

type Stepped = { played: Played; facts: readonly Omit<Envelope, 'sequence'>[] }

/** One event after another; `refused` is the last one's. */
function stepAll(before: Call, events: readonly CallEvent[]): Stepped {
  let call = before
  let refused: string | undefined
  const commands: CallCommand[] = []
  const facts: Omit<Envelope, 'sequence'>[] = []
  for (const event of events) {
    const step = stepCall(call, event)
    const at = 'at' in event ? event.at : call.startedAt
    for (const command of step.commands) {
      commands.push(command)
      if (command.do === 'tell') facts.push(factOf(call.id, command, at))
    }
    call = step.state
    refused = step.refused
  }
  return { played: { before, call, commands, refused }, facts }
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
