import type { CallId } from '@toritsugi/contracts'
import { appendFacts, type Database, setTimer, type Tx } from '@toritsugi/db'
import { insertCall, loadCall, saveCall } from './call-repository.ts'
import type { CallStore, Wake } from './call-runner.ts'
import { findOrCreateContact } from './contact-repository.ts'
import { addToTimeline } from './timeline-repository.ts'

/** Where calls, their facts and their deadlines are kept. */
export function callStore(db: Database): CallStore<Tx> {
  return {
    inTransaction: (work) => db.inTransaction(work),
    loadCall,
    saveCall,
    async contactOf(tx, { direction, from, to, startedAt }) {
      const party = direction === 'inbound' ? from : to
      return party === null ? null : findOrCreateContact(tx, party, startedAt)
    },
    insertCall,
    async addFacts(tx, facts) {
      await addToTimeline(tx, await appendFacts(tx, 'call_control', facts))
    },
    setWake: (tx, callId, wake) => setTimer(tx, 'call_control', timerOf(callId, wake)),
  }
}

/**
 * A deadline as a row. Each has a key of its own and none is ever taken back: one that comes too late meets a
 * machine that stays, while taking back a row that is just being worked on would have two transactions wait for
 * each other.
 */
function timerOf(callId: CallId, wake: Wake) {
  const { do: _, kind, at, ...detail } = wake
  return {
    key: `${kind}:${callId}:${at}`,
    kind,
    dueAt: new Date(at),
    body: { callId, ...detail },
  }
}
