import type { Assistant, AssistantId, CallId, Direction, PlanReply } from '@toritsugi/contracts'
import type { Database } from '@toritsugi/db'
import { defaultAssistantId, newestVersion } from './assistant-repository.ts'
import { lockCall, raiseEpoch, savePlan } from './call-repository.ts'
import type { PlanStore } from './plan-commands.ts'

/** Plans in Postgres: the first one made for a call is the call's for good. */
export function planStore(db: Database): PlanStore {
  const planOnce = (
    callId: CallId,
    wanted: { direction: Direction; assistantId: AssistantId | null } | null,
    make: (assistant: Assistant, direction: Direction) => PlanReply,
  ): ReturnType<PlanStore['planOnce']> =>
    db.inTransaction(async (tx) => {
      const call = await lockCall(tx, callId)
      if (call.planned !== null) return { planned: call.planned, isNew: false, unknownAssistantId: null }
      const assistantId = (wanted ?? call).assistantId ?? defaultAssistantId
      const found = await newestVersion(tx, assistantId)
      // A call is answered whatever the number was assigned to.
      const assistant = found ?? (await newestVersion(tx, defaultAssistantId))
      if (assistant === null) throw new Error('there is no default assistant')
      const direction = wanted?.direction ?? call.direction ?? 'inbound'
      const planned = make(assistant, direction)
      await savePlan(tx, callId, direction, planned)
      return { planned, isNew: true, unknownAssistantId: found === null ? assistantId : null }
    })

  return {
    planOnce,
    open: (callId, epoch) =>
      db.inTransaction(async (tx) => {
        const call = await lockCall(tx, callId)
        if (call.endedAt !== null) return 'ended'
        if (epoch < call.openedEpoch) return 'stale'
        if (epoch > call.openedEpoch) await raiseEpoch(tx, callId, epoch)
        return 'opened'
      }),
  }
}
