import type {
  AssistantContent,
  AssistantId,
  CallId,
  Direction,
  PlannedTool,
  PlanReply,
} from '@toritsugi/contracts'
import { buildInstructions } from './instructions.ts'
import { decideMode } from './mode.ts'
import { chooseModel, standingOf } from './models.ts'
import { greetingOf, phrasesIn, primaryTag } from './phrases.ts'

/** What the configuration says for every call. */
export type PlanPolicy = {
  realtimeEnabled: boolean
  /** Used by assistants that name no model; empty when there is none. */
  model: string
  /** Null: the caller's words are not written down. */
  transcriptionModel: string | null
  maxOutputTokens: number | 'inf'
  slowToolMs: number
}

export type PlanInputs = {
  callId: CallId
  direction: Direction
  assistant: { id: AssistantId; version: number; content: AssistantContent }
  tools: PlannedTool[]
  policy: PlanPolicy
  /** RFC 3339: decides which models have ended. */
  at: string
}

/** Everything call-control and the holder of the dialogue need to know of one call, decided once. */
export function makePlan({ callId, direction, assistant, tools, policy, at }: PlanInputs): PlanReply {
  const { content } = assistant
  const { language } = content.settings
  const wanted = content.model ?? policy.model
  const { mode, reason } = decideMode({
    realtimeEnabled: policy.realtimeEnabled,
    model: wanted,
    standing: standingOf(wanted, 'speech', at),
  })
  const { apology, ...phrases } = phrasesIn(language)
  const identity = { assistantId: assistant.id, assistantVersion: assistant.version, language }
  if (mode !== 'realtime') return { mode, modeReason: reason, ...identity, apology, plan: null }
  const model = chooseModel(wanted, 'speech', at)
  const greeting = greetingOf(content.settings, direction)
  return {
    mode,
    modeReason: reason,
    ...identity,
    apology,
    plan: {
      callId,
      ...identity,
      model: model.name,
      accepts: model.accepts,
      voice: content.voice,
      instructions: buildInstructions({
        settings: content.settings,
        direction,
        extraInstructions: content.extraInstructions,
        tools: {
          endCall: content.tools.endCall,
          takeMessage: content.tools.takeMessage,
          others: content.tools.http.length > 0,
        },
        greeting,
      }),
      tools,
      turnDetection: content.turnDetection,
      transcription:
        policy.transcriptionModel === null
          ? null
          : {
              model: chooseModel(policy.transcriptionModel, 'transcription', at).name,
              language: primaryTag(language),
            },
      maxOutputTokens: policy.maxOutputTokens,
      greeting,
      phrases,
      callerSilence: content.callerSilence,
      slowToolMs: policy.slowToolMs,
    },
  }
}
