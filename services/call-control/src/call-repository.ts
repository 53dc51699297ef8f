import {
  type AssistantId,
  Blame,
  type CallId,
  type ContactId,
  Direction,
  EndReason,
  IntentKind,
  type LegId,
  Mode,
} from '@toritsugi/contracts'
import { Prisma, storableJson, storableText, type Tx } from '@toritsugi/db'
import { maskNumber } from '@toritsugi/telephony'
import { z } from 'zod'
import type { Call, Intent } from './core/call.ts'
import type { Leg } from './core/leg.ts'
import type { StreamRecord } from './core/stream-record.ts'

/** A call with the count of its steps, as it was read. */
export type StoredCall = { readonly call: Call; readonly version: number }

/** Who speaks with whom, unmasked: for the tables and for realtime-session, never for facts. */
export type CallNumbers = { readonly from: string | null; readonly to: string }

const Instant = z.string()
const Streams = z.array(
  z.object({
    epoch: z.number(),
    offeredAt: Instant,
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    because: z.custom<StreamRecord['because']>((value) => value === null || typeof value === 'string'),
  }),
)
const StoredIntent = z.object({ epoch: z.number(), what: IntentKind, reason: z.string() }).nullable()

type CallRow = Prisma.CallGetPayload<{ include: { legs: true } }>

/**
 * Reads a call and keeps others from changing it until the transaction is over.
 * @returns null when there is none
 */
export async function loadCall(tx: Tx, callId: CallId): Promise<StoredCall | null> {
  const locked = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "call_control"."call" WHERE id = ${callId} FOR NO KEY UPDATE`
  if (locked.length === 0) return null
  const row = await tx.call.findUniqueOrThrow({ where: { id: callId }, include: { legs: true } })
  return { call: callOf(row), version: row.version }
}

/**
 * Writes what changed from one state of a call to the next.
 * @throws Error when the call was changed by somebody else since it was read
 */
export async function saveCall(tx: Tx, before: StoredCall, after: Call): Promise<void> {
  if (after === before.call) return
  const changed = await tx.call.updateMany({
    where: { id: after.id, version: before.version },
    data: { ...columnsOf(after), version: before.version + 1 },
  })
  if (changed.count !== 1) throw new Error(`call ${after.id} was changed while it was being stepped`)
  if (after.callerLeg !== before.call.callerLeg) {
    await tx.leg.update({ where: { id: after.callerLeg.id }, data: legColumns(after.callerLeg) })
  }
}

/**
 * Writes a call that just came in, unless its row is there already.
 * @returns false when it was
 */
export async function insertCall(tx: Tx, call: Call, numbers: CallNumbers): Promise<boolean> {
  const added = await tx.call.createMany({
    data: [
      {
        ...columnsOf(call),
        id: call.id,
        direction: call.direction,
        carrierCallId: call.carrierCallId,
        fromNumber: numbers.from,
        toNumber: numbers.to,
        contactId: call.contactId,
        startedAt: call.startedAt,
      },
    ],
    skipDuplicates: true,
  })
  if (added.count === 0) return false
  await tx.leg.create({
    data: { id: call.callerLeg.id, callId: call.id, party: 'caller', ...legColumns(call.callerLeg) },
  })
  return true
}

/** The id of the call that the carrier knows by this one. */
export async function findCallId(tx: Tx, carrierCallId: string): Promise<CallId | null> {
  const row = await tx.call.findUnique({ where: { carrierCallId }, select: { id: true } })
  return (row?.id as CallId | undefined) ?? null
}

export async function callExists(tx: Tx, callId: CallId): Promise<boolean> {
  return (await tx.call.count({ where: { id: callId } })) > 0
}

/** The number that was called. */
export async function findCalledNumber(tx: Tx, callId: CallId): Promise<string | null> {
  const row = await tx.call.findUnique({ where: { id: callId }, select: { toNumber: true } })
  return row?.toNumber ?? null
}

function columnsOf(call: Call) {
  const { planned, intent, streams } = call
  return {
    state: call.is,
    assistantId: planned?.assistantId ?? null,
    mode: planned?.mode ?? null,
    modeReason: planned ? storableText(planned.modeReason) : null,
    language: planned?.language ?? null,
    apology: planned ? storableText(planned.apology) : null,
    degraded: call.degraded,
    epoch: call.epoch,
    streams: streams.map((stream) => ({ ...stream })),
    intent: intent === null ? Prisma.DbNull : JSON.parse(storableJson(intent)),
    askedEpoch: call.askedEpoch,
    rescues: call.rescues,
    apologised: call.apologised,
    messageRecorded: call.messageRecorded,
    farewellAt: call.farewellAt,
    answeredAt: call.is === 'ringing' ? null : call.answeredAt,
    ...(call.is === 'ended'
      ? { endedAt: call.endedAt, endReason: call.endReason, blame: call.blame }
      : { endedAt: null, endReason: null, blame: null }),
  }
}

function legColumns(leg: Leg) {
  return {
    state: leg.is,
    answeredAt: leg.is === 'answered' || leg.is === 'ended' ? leg.answeredAt : null,
    ...(leg.is === 'ended' ? { endedAt: leg.endedAt, endReason: leg.endReason, blame: leg.blame } : {}),
  }
}

function callOf(row: CallRow): Call {
  const callerLeg = row.legs.find((leg) => leg.party === 'caller')
  if (callerLeg === undefined) throw new Error(`call ${row.id} has no caller leg`)
  const intent: Intent | null = StoredIntent.parse(row.intent)
  const lasting = {
    id: row.id as CallId,
    direction: Direction.parse(row.direction),
    carrierCallId: row.carrierCallId,
    from: row.fromNumber === null ? null : maskNumber(row.fromNumber),
    to: maskNumber(row.toNumber),
    contactId: row.contactId as ContactId | null,
    startedAt: row.startedAt.toISOString(),
    planned:
      row.mode === null
        ? null
        : {
            mode: Mode.parse(row.mode),
            modeReason: row.modeReason ?? '',
            assistantId: row.assistantId as AssistantId | null,
            language: row.language ?? '',
            apology: row.apology ?? '',
          },
    degraded: row.degraded,
    epoch: row.epoch,
    streams: Streams.parse(row.streams),
    intent,
    askedEpoch: row.askedEpoch,
    rescues: row.rescues,
    apologised: row.apologised,
    messageRecorded: row.messageRecorded,
    farewellAt: row.farewellAt?.toISOString() ?? null,
    callerLeg: legOf(callerLeg),
  }
  if (row.state === 'ringing') return { ...lasting, is: 'ringing' }
  if (row.state === 'in-progress' && row.answeredAt !== null) {
    return { ...lasting, is: 'in-progress', answeredAt: row.answeredAt.toISOString() }
  }
  if (row.state === 'ended' && row.endedAt !== null) {
    return {
      ...lasting,
      is: 'ended',
      answeredAt: row.answeredAt?.toISOString() ?? null,
      endedAt: row.endedAt.toISOString(),
      endReason: EndReason.parse(row.endReason),
      blame: Blame.parse(row.blame),
    }
  }
  throw new Error(`call ${row.id} is in no state that there is: ${row.state}`)
}

function legOf(row: CallRow['legs'][number]): Leg {
  const lasting = { id: row.id as LegId, party: 'caller' as const }
  if (row.state === 'answered' && row.answeredAt !== null) {
    return { ...lasting, is: 'answered', answeredAt: row.answeredAt.toISOString() }
  }
  if (row.state === 'ended' && row.endedAt !== null) {
    return {
      ...lasting,
      is: 'ended',
      answeredAt: row.answeredAt?.toISOString() ?? null,
      endedAt: row.endedAt.toISOString(),
      endReason: EndReason.parse(row.endReason),
      blame: Blame.parse(row.blame),
    }
  }
  return { ...lasting, is: row.state === 'dialing' ? 'dialing' : 'ringing' }
}
