import { z } from 'zod'
import { AssistantId, Language } from './ids.ts'

/**
 * How a call is talked: `realtime` (speech to speech), `conference` (turn by turn, gather and say), or `message`
 * (nobody can talk: an apology is spoken and a message is taken).
 */
export const Mode = z.enum(['realtime', 'conference', 'message']).meta({ id: 'Mode' })
export type Mode = z.infer<typeof Mode>

/** Fact, family `mode`, owner realtime-session: the mode of a call was decided. */
export const ModeDecided = z.strictObject({
  mode: Mode,
  reason: z.string().max(100),
  assistantId: AssistantId,
  assistantVersion: z.number().int().min(1),
  model: z.string(),
  language: Language,
})
