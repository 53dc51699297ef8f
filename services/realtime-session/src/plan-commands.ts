import { no, ok, type Reply } from '@toritsugi/bus'
import type {
  Assistant,
  AssistantContent,
  AssistantId,
  CallId,
  DialogueItem,
  Direction,
  OpenReply,
  PlannedTool,
  PlanReply,
} from '@toritsugi/contracts'
import { makePlan, type PlanPolicy } from './core/plan.ts'

export type PlanStore = {
  /**
   * The plan of a call: what was stored for it, or what `make` makes of the newest version of its assistant (the
   * default one when it has none, or one that is not known).
   * @param wanted null: what facts told of the call so far
   */
  planOnce(
    callId: CallId,
    wanted: { direction: Direction; assistantId: AssistantId | null } | null,
    make: (assistant: Assistant, direction: Direction) => PlanReply,
  ): Promise<{ planned: PlanReply; isNew: boolean; unknownAssistantId: AssistantId | null }>
  /** A pod takes this epoch; lower ones are stale from now on. */
  open(callId: CallId, epoch: number): Promise<'opened' | 'stale' | 'ended'>
}

/** What was said in the streams before an epoch. */
export type DialogueBefore = (callId: CallId, epoch: number, language: string) => Promise<DialogueItem[]>

export type PlanCommands = {
  plan(asked: {
    callId: CallId
    direction: Direction
    assistantId: AssistantId | null
  }): Promise<Reply<PlanReply>>
  open(asked: { callId: CallId; epoch: number }): Promise<Reply<OpenReply>>
  /** The plan of a call that may have been planned while this service was away. */
  planOf(callId: CallId): Promise<PlanReply>
}

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

/** Answers `cmd.v1.session.plan` and `cmd.v1.session.open`. */
export function createPlanCommands(deps: {
  store: PlanStore
  policy: PlanPolicy
  plannedTools(content: AssistantContent): PlannedTool[]
  /** Waits until the dialogue holds what the stream held when it was asked; bounded. */
  catchUp(callId: CallId): Promise<void>
  dialogueBefore: DialogueBefore
  log: Log
  now?: () => Date
}): PlanCommands {
  const { store, policy, plannedTools, catchUp, dialogueBefore, log, now = () => new Date() } = deps

  const planOnce = async (
    callId: CallId,
    wanted: { direction: Direction; assistantId: AssistantId | null } | null,
  ): Promise<PlanReply> => {
    const at = now().toISOString()
    const done = await store.planOnce(callId, wanted, (assistant, direction) =>
      makePlan({
        callId,
        direction,
        assistant,
        tools: plannedTools(assistant.content),
        policy,
        at,
      }),
    )
    if (done.unknownAssistantId !== null) {
      log.warn({ callId, assistantId: done.unknownAssistantId }, 'assistant not known, default used')
    }
    if (done.isNew) {
      const { mode, modeReason, assistantId, assistantVersion, plan } = done.planned
      log.info(
        { callId, mode, reason: modeReason, assistantId, assistantVersion, model: plan?.model },
        'call planned',
      )
    }
    return done.planned
  }

  return {
    plan: async ({ callId, direction, assistantId }) =>
      ok(await planOnce(callId, { direction, assistantId })),
    planOf: (callId) => planOnce(callId, null),
    async open({ callId, epoch }) {
      const opened = await store.open(callId, epoch)
      if (opened === 'ended') return no('call.already-ended')
      if (opened === 'stale') return no('call.stale-epoch')
      const { plan, modeReason, language } = await planOnce(callId, null)
      if (plan === null) return no('model.refused', `this call is not talked by a voice: ${modeReason}`)
      if (epoch === 1) return ok({ plan, dialogue: [] })
      await catchUp(callId)
      return ok({ plan, dialogue: await dialogueBefore(callId, epoch, language) })
    },
  }
}
