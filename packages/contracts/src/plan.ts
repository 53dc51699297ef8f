import { z } from 'zod'
import { AssistantId, CallId, Language, Ms } from './ids.ts'

/** A tool as the model is told of it, with what the bridge needs to know to wait for it. */
export const PlannedTool = z.strictObject({
  name: z.string().max(64),
  description: z.string().max(1000),
  /** JSON Schema of the arguments. */
  parameters: z.record(z.string(), z.unknown()),
  timeoutMs: Ms,
})
export type PlannedTool = z.infer<typeof PlannedTool>

/** Everything the holder of a dialogue needs to talk one call. Decided once per call by realtime-session. */
export const SessionPlan = z
  .strictObject({
    callId: CallId,
    assistantId: AssistantId,
    assistantVersion: z.number().int().min(1),
    language: Language,
    model: z.string().min(1).max(100),
    /** What this model takes: fields it refuses lose the whole `session.update`, so they are not sent. */
    accepts: z.strictObject({ reasoning: z.boolean(), parallelToolCalls: z.boolean() }),
    voice: z.string().min(1).max(64),
    instructions: z.string().max(40_000),
    tools: z.array(PlannedTool).max(30),
    turnDetection: z.strictObject({
      threshold: z.number(),
      prefixPaddingMs: Ms,
      silenceDurationMs: Ms,
    }),
    transcription: z.strictObject({ model: z.string(), language: z.string() }).nullable(),
    maxOutputTokens: z.union([z.number().int().min(1), z.literal('inf')]),
    /** Spoken first, word for word. */
    greeting: z.string().max(500),
    phrases: z.strictObject({
      /** While a tool takes long. */
      filler: z.string(),
      /** When a stream or session was lost and came back. */
      bridging: z.string(),
      /** When the caller says nothing. */
      reprompt: z.string(),
      /** Before hanging up. */
      goodbye: z.string(),
    }),
    callerSilence: z.strictObject({ repromptAfterMs: Ms, reprompts: z.number().int().min(0) }),
    /** A tool that has not answered for this long is bridged by the filler. */
    slowToolMs: Ms,
  })
  .meta({ id: 'SessionPlan' })
export type SessionPlan = z.infer<typeof SessionPlan>

/** One thing the next session must know of what was said so far, in spoken order. */
export const DialogueItem = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('caller'), text: z.string() }),
    /** Cut to what was heard. */
    z.strictObject({ kind: z.literal('assistant'), text: z.string() }),
    z.strictObject({
      kind: z.literal('tool-call'),
      toolCallId: z.string(),
      name: z.string(),
      arguments: z.string(),
    }),
    z.strictObject({ kind: z.literal('tool-result'), toolCallId: z.string(), output: z.string() }),
    /** What happened, told to the model by us: "the line was lost for a moment". */
    z.strictObject({ kind: z.literal('note'), text: z.string() }),
  ])
  .meta({ id: 'DialogueItem' })
export type DialogueItem = z.infer<typeof DialogueItem>
