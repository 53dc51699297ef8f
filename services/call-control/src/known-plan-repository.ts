import { PlanReply } from '@toritsugi/contracts'
import { storableJson, type Tx } from '@toritsugi/db'

/** The last plan seen for a number, of this mode; null when there is none that can still be read. */
export async function findKnownPlan(
  tx: Tx,
  number: string,
  mode: PlanReply['mode'],
): Promise<PlanReply | null> {
  const row = await tx.knownPlan.findUnique({ where: { number_mode: { number, mode } } })
  const plan = PlanReply.safeParse(row?.plan)
  return plan.success ? plan.data : null
}

export async function saveKnownPlan(tx: Tx, number: string, plan: PlanReply, at: Date): Promise<void> {
  const data = { plan: JSON.parse(storableJson(plan)), savedAt: at }
  await tx.knownPlan.upsert({
    where: { number_mode: { number, mode: plan.mode } },
    create: { number, mode: plan.mode, ...data },
    update: data,
  })
}
