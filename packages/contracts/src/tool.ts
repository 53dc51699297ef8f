import { z } from 'zod'
import { Epoch, Ms } from './ids.ts'

// Facts, family `tool`, published by whoever holds the dialogue.

/** The model's id of one call of a tool (`call_id`). */
export const ToolCallId = z.string().min(1).max(100)

export const ToolCalled = z.strictObject({
  toolCallId: ToolCallId,
  epoch: Epoch,
  name: z.string().max(64),
  /** JSON text as the model wrote it, redacted. */
  arguments: z.string().max(20_000),
})

export const ToolAnswered = z.strictObject({
  toolCallId: ToolCallId,
  epoch: Epoch,
  name: z.string().max(64),
  outcome: z.enum(['done', 'failed', 'timed-out', 'refused', 'cancelled']),
  /** JSON text as the model was told, redacted. */
  output: z.string().max(20_000),
  ms: Ms,
})
