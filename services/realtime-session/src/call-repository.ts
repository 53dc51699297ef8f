import {
  type AssistantId,
  type CallId,
  type Direction,
  type Envelope,
  type FactData,
  newId,
  type PlanReply,
} from '@toritsugi/contracts'
import { appendFacts, type NewFact, storableJson, type Tx } from '@toritsugi/db'

/** What this service knows of a call. */
export type KnownCall = {
  callId: CallId
  /** Null until a request for a plan or `call.started` told. */
  direction: Direction | null
  assistantId: AssistantId | null
  /** The answer to the first request for a plan. */
  planned: PlanReply | null
  openedEpoch: number
  endedAt: Date | null
}

type Row = {
  callId: string
  direction: string | null
  assistantId: string | null
  plan: unknown
  openedEpoch: number
  endedAt: Date | null
}

const toCall = (row: Row): KnownCall => ({
  callId: row.callId as CallId,
  direction: row.direction as Direction | null,
  assistantId: row.assistantId as AssistantId | null,
  planned: row.plan as PlanReply | null,
  openedEpoch: row.openedEpoch,
  endedAt: row.endedAt,
})

/** Locks the call's row until the transaction ends; makes one for a call that was not known. */
export async function lockCall(tx: Tx, callId: CallId): Promise<KnownCall> {
  // One statement instead of three: setting the key to itself locks the row and gives it back.
  const [row] = await tx.$queryRaw<Row[]>`
    INSERT INTO realtime_session.call AS call (call_id) VALUES (${callId})
    ON CONFLICT (call_id) DO UPDATE SET call_id = call.call_id
    RETURNING call.call_id AS "callId", direction, assistant_id AS "assistantId", plan,
      opened_epoch AS "openedEpoch", ended_at AS "endedAt"`
  if (row === undefined) throw new Error('a call vanished while it was locked')
  return toCall(row)
}

export async function findCall(tx: Tx, callId: CallId): Promise<KnownCall | null> {
  const row = await tx.sessionCall.findUnique({ where: { callId } })
  return row === null ? null : toCall(row)
}

/** Stores the plan of a locked call with the fact that its mode was decided. */
export async function savePlan(
  tx: Tx,
  callId: CallId,
  direction: Direction,
  planned: PlanReply,
): Promise<void> {
  const { assistantId, assistantVersion, mode, modeReason, language, plan } = planned
  await tx.sessionCall.update({
    where: { callId },
    data: {
      direction,
      assistantId,
      assistantVersion,
      mode,
      plan: JSON.parse(storableJson(planned)),
      plannedAt: new Date(),
    },
  })
  const model = plan?.model ?? ''
  await appendFacts(tx, 'realtime_session', [
    ownFact('mode.decided', callId, {
      mode,
      reason: modeReason,
      assistantId,
      assistantVersion,
      model,
      language,
    }),
  ])
}

/** A pod opens this epoch of a locked call; it is now the lowest one that may ask for anything. */
export async function raiseEpoch(tx: Tx, callId: CallId, epoch: number): Promise<void> {
  await tx.sessionCall.update({ where: { callId }, data: { openedEpoch: epoch } })
}

/** What `call.started` tells of a locked call; a plan made before knows it better. */
export async function noteStarted(
  tx: Tx,
  known: KnownCall,
  started: FactData<'call.started'>,
): Promise<void> {
  if (known.planned !== null) return
  const { direction, assistantId } = started
  await tx.sessionCall.update({ where: { callId: known.callId }, data: { direction, assistantId } })
}

export async function noteEnded(tx: Tx, callId: CallId, endedAt: string): Promise<void> {
  await tx.sessionCall.update({ where: { callId }, data: { endedAt: new Date(endedAt) } })
}

/** A fact of this service, about to get its sequence from the outbox. */
export function ownFact<Type extends 'mode.decided' | 'usage.priced'>(
  type: Type,
  callId: CallId,
  data: FactData<Type>,
  causationId?: string,
): NewFact {
  return {
    specversion: '1.0',
    id: newId('evt'),
    type,
    source: '/realtime-session',
    subject: callId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    ...(causationId === undefined ? {} : { causationid: causationId }),
    data: data as Envelope['data'],
  }
}
