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
import { type Prisma, storableJson, type Tx } from '@toritsugi/db'
import { maskNumber } from '@toritsugi/telephony'
import { z } from 'zod'
import type { Call, Intent } from './core/call.ts'
import { terminalStatuses } from './core/carrier-status.ts'
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

const StoredEnding = z
  .object({ at: Instant, status: z.enum(terminalStatuses), talkedMs: z.number().nullable() })
  .nullable()

type CallRow = Prisma.CallGetPayload<object> & { leg: { id: string; state: string } }

/**
 * Reads a call and keeps others from changing it until the transaction is over.
 * @returns null when there is none
 */
export async function loadCall(tx: Tx, callId: CallId): Promise<StoredCall | null> {
  const [row] = await tx.$queryRaw<CallRow[]>`
    SELECT
      call.id, version, call.state, direction, carrier_call_id AS "carrierCallId", from_number AS "fromNumber",
      to_number AS "toNumber", contact_id AS "contactId", assistant_id AS "assistantId", mode,
      mode_reason AS "modeReason", language, apology, degraded, epoch, streams, intent,
      asked_epoch AS "askedEpoch", rescues, apologised, message_recorded AS "messageRecorded",
      farewell_at AS "farewellAt", ending, started_at AS "startedAt", call.answered_at AS "answeredAt",
      call.ended_at AS "endedAt", call.end_reason AS "endReason", call.blame,
      jsonb_build_object('id', leg.id, 'state', leg.state) AS leg
    FROM "call_control"."call" JOIN "call_control"."leg" ON leg.call_id = call.id AND leg.party = 'caller'
    WHERE call.id = ${callId} FOR NO KEY UPDATE OF call`
  return row === undefined ? null : { call: callOf(row), version: row.version }
}

/**
 * Writes what changed from one state of a call to the next.
 * @throws Error when the call was changed by somebody else since it was read
 */
export async function saveCall(tx: Tx, before: StoredCall, after: Call): Promise<void> {
  if (after === before.call) return
  const row = storableJson({ ...rowOf(after), id: after.id })
  const changed = await tx.$executeRaw`
    UPDATE "call_control"."call" SET
      version = "call".version + 1, state = next.state, assistant_id = next.assistant_id, mode = next.mode,
      mode_reason = next.mode_reason, language = next.language, apology = next.apology,
      degraded = next.degraded, epoch = next.epoch, streams = next.streams, intent = next.intent,
      asked_epoch = next.asked_epoch, rescues = next.rescues, apologised = next.apologised,
      message_recorded = next.message_recorded, farewell_at = next.farewell_at, ending = next.ending,
      answered_at = next.answered_at, ended_at = next.ended_at, end_reason = next.end_reason,
      blame = next.blame
    FROM jsonb_populate_record(NULL::"call_control"."call", ${row}::jsonb) AS next
    WHERE "call".id = next.id AND "call".version = ${before.version}`
  if (changed !== 1) throw new Error(`call ${after.id} was changed while it was being stepped`)
  if (after.callerLeg === before.call.callerLeg) return
  const leg = storableJson(legRowOf(after))
  await tx.$executeRaw`
    UPDATE "call_control"."leg" SET
      state = next.state, answered_at = next.answered_at, ended_at = next.ended_at,
      end_reason = next.end_reason, blame = next.blame
    FROM jsonb_populate_record(NULL::"call_control"."leg", ${leg}::jsonb) AS next
    WHERE "leg".id = next.id`
}

/**
 * Writes a call that just came in, as it is after its first steps, and its leg, unless the row is there already.
 * @returns false when it was
 */
export async function insertCall(tx: Tx, call: Call, numbers: CallNumbers): Promise<boolean> {
  const row = storableJson({
    ...rowOf(call),
    id: call.id,
    version: 1,
    direction: call.direction,
    carrier_call_id: call.carrierCallId,
    from_number: numbers.from,
    to_number: numbers.to,
    contact_id: call.contactId,
    started_at: call.startedAt,
    model_micro_usd: 0,
    carrier_micro_usd: 0,
    cost_estimated: false,
  })
  const added = await tx.$executeRaw`
    WITH added AS (
      INSERT INTO "call_control"."call"
      SELECT (jsonb_populate_record(NULL::"call_control"."call", ${row}::jsonb)).*
      ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO "call_control"."leg"
    SELECT leg.* FROM added,
      jsonb_populate_record(NULL::"call_control"."leg", ${storableJson(legRowOf(call))}::jsonb) AS leg`
  return added === 1
}

/** The id of the call that the carrier knows by this one. */
export async function findCallId(tx: Tx, carrierCallId: string): Promise<CallId | null> {
  const row = await tx.call.findUnique({ where: { carrierCallId }, select: { id: true } })
  return (row?.id as CallId | undefined) ?? null
}

export async function callExists(tx: Tx, callId: CallId): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "call_control"."call" WHERE id = ${callId}`
  return rows.length > 0
}

/** The number that was called. */
export async function findCalledNumber(tx: Tx, callId: CallId): Promise<string | null> {
  const row = await tx.call.findUnique({ where: { id: callId }, select: { toNumber: true } })
  return row?.toNumber ?? null
}

/** What the machine changes of a call, by the names of the columns. */
function rowOf(call: Call) {
  const { planned } = call
  return {
    state: call.is,
    assistant_id: planned?.assistantId ?? null,
    mode: planned?.mode ?? null,
    mode_reason: planned?.modeReason ?? null,
    language: planned?.language ?? null,
    apology: planned?.apology ?? null,
    degraded: call.degraded,
    epoch: call.epoch,
    streams: call.streams,
    intent: call.intent,
    asked_epoch: call.askedEpoch,
    rescues: call.rescues,
    apologised: call.apologised,
    message_recorded: call.messageRecorded,
    farewell_at: call.farewellAt,
    ending: call.ending,
    answered_at: call.is === 'ringing' ? null : call.answeredAt,
    ...(call.is === 'ended'
      ? { ended_at: call.endedAt, end_reason: call.endReason, blame: call.blame }
      : { ended_at: null, end_reason: null, blame: null }),
  }
}

function legRowOf({ id, callerLeg: leg }: Call) {
  return {
    id: leg.id,
    call_id: id,
    party: leg.party,
    state: leg.is,
    answered_at: leg.is === 'answered' || leg.is === 'ended' ? leg.answeredAt : null,
    ...(leg.is === 'ended'
      ? { ended_at: leg.endedAt, end_reason: leg.endReason, blame: leg.blame }
      : { ended_at: null, end_reason: null, blame: null }),
  }
}

function callOf(row: CallRow): Call {
  const intent: Intent | null = StoredIntent.parse(row.intent ?? null)
  const answeredAt = row.answeredAt?.toISOString() ?? null
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
    ending: StoredEnding.parse(row.ending ?? null),
  }
  const leg = { id: row.leg.id as LegId, party: 'caller' as const }
  if (row.state === 'ringing') {
    const callerLeg: Leg = { ...leg, is: row.leg.state === 'dialing' ? 'dialing' : 'ringing' }
    return { ...lasting, callerLeg, is: 'ringing' }
  }
  if (row.state === 'in-progress' && answeredAt !== null) {
    return { ...lasting, callerLeg: { ...leg, is: 'answered', answeredAt }, is: 'in-progress', answeredAt }
  }
  if (row.state === 'ended' && row.endedAt !== null) {
    const end = {
      answeredAt,
      endedAt: row.endedAt.toISOString(),
      endReason: EndReason.parse(row.endReason),
      blame: Blame.parse(row.blame),
    }
    return { ...lasting, callerLeg: { ...leg, is: 'ended', ...end }, is: 'ended', ...end }
  }
  throw new Error(`call ${row.id} is in no state that there is: ${row.state}`)
}
