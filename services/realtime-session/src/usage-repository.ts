import type { CallId, EventId } from '@toritsugi/contracts'
import { appendFacts, applyOnce, type Database, Prisma, storableText, type Tx } from '@toritsugi/db'
import { type KnownCall, lockCall, noteEnded, noteStarted, ownFact } from './call-repository.ts'
import { hourOf, isNews } from './core/ledger.ts'
import type { LedgerEntry, UsageStore } from './usage-events.ts'

const schema = 'realtime_session'
const consumer = 'usage'

/** The ledger in Postgres. */
export function usageStore(db: Database): UsageStore {
  const once = (
    fact: { callId: CallId; eventId: EventId },
    work: (tx: Tx, call: KnownCall) => Promise<void>,
  ) =>
    db.inTransaction((tx) =>
      applyOnce(tx, schema, consumer, fact.eventId, async () => work(tx, await lockCall(tx, fact.callId))),
    )
  return {
    enter: (fact, entry) => once(fact, (tx, call) => writeEntry(tx, call, entry, fact.eventId)),
    start: (fact, started) => once(fact, (tx, call) => noteStarted(tx, call, started)),
    end: (fact, ended, carrierEntry) =>
      once(fact, async (tx, call) => {
        await noteEnded(tx, fact.callId, ended.endedAt)
        const entry = carrierEntry(call.direction)
        if (entry !== null) await writeEntry(tx, call, entry, fact.eventId)
      }),
  }
}

/** Writes the entry, unless the ledger knows better, with the fact of its price and of the call's sum. */
async function writeEntry(tx: Tx, call: KnownCall, entry: LedgerEntry, causationId: string): Promise<void> {
  const { callId } = call
  const { kind, estimated, microUsd } = entry
  const usageId = storableText(entry.usageId)
  const key = { callId_usageId: { callId, usageId } }
  const known = await tx.usageEntry.findUnique({ where: key, select: { estimated: true } })
  if (!isNews(known, entry)) return
  const data = {
    assistantId: call.planned?.assistantId ?? call.assistantId,
    kind,
    model: entry.model === null ? null : storableText(entry.model),
    tokens: entry.tokens ?? Prisma.DbNull,
    seconds: entry.seconds,
    microUsd: BigInt(microUsd),
    priceKnown: entry.priceKnown,
    estimated,
    because: entry.because === null ? null : storableText(entry.because),
    at: entry.at,
    hour: hourOf(entry.at),
  }
  await tx.usageEntry.upsert({ where: key, create: { callId, usageId, ...data }, update: data })
  const callMicroUsd = await sumOfCall(tx, callId)
  await appendFacts(tx, schema, [
    ownFact('usage.priced', callId, { usageId, kind, microUsd, callMicroUsd, estimated }, causationId),
  ])
}

/** All of a call so far, micro-USD. */
export async function sumOfCall(tx: Tx, callId: CallId): Promise<number> {
  const { _sum } = await tx.usageEntry.aggregate({ where: { callId }, _sum: { microUsd: true } })
  return Number(_sum.microUsd ?? 0n)
}
