import type { CallId, FactData } from '@toritsugi/contracts'
import { storableText, type Tx } from '@toritsugi/db'

/** Keeps one entry of a call's costs; a repeat of its usage replaces it. The call's sums follow. */
export async function addCost(tx: Tx, callId: CallId, cost: FactData<'usage.priced'>): Promise<void> {
  const { kind, estimated } = cost
  const usageId = storableText(cost.usageId)
  const data = { kind, microUsd: BigInt(cost.microUsd), estimated }
  await tx.costEntry.upsert({
    where: { callId_usageId: { callId, usageId } },
    create: { callId, usageId, ...data },
    update: data,
  })
  await tx.$executeRaw`
    UPDATE "call_control"."call" SET
      model_micro_usd = sums.model, carrier_micro_usd = sums.carrier, cost_estimated = sums.estimated
    FROM (
      SELECT
        coalesce(sum(micro_usd) FILTER (WHERE kind <> 'carrier'), 0)::bigint AS model,
        coalesce(sum(micro_usd) FILTER (WHERE kind = 'carrier'), 0)::bigint AS carrier,
        coalesce(bool_or(estimated), false) AS estimated
      FROM "call_control"."cost_entry" WHERE call_id = ${callId}
    ) AS sums
    WHERE id = ${callId}`
}
