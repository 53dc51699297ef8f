import { z } from 'zod'
import { CallId, Instant, Ms, TurnId } from './ids.ts'
import { Speaker } from './turn.ts'

/** Fact, family `transcript`, owner transcript. */
export const TranscriptCompleted = z.strictObject({
  utterances: z.number().int().min(0),
  complete: z.boolean(),
  missing: z.array(TurnId).max(5000),
})

export const Utterance = z
  .strictObject({
    turnId: TurnId,
    by: Speaker,
    text: z.string().nullable(),
    form: z.enum(['speech', 'keys']),
    at: Instant,
    /** On the call's clock: ms since its first stream started. */
    startMs: Ms,
    endMs: Ms.nullable(),
    heardMs: Ms.nullable(),
    interrupted: z.boolean(),
    approximate: z.boolean(),
  })
  .meta({ id: 'Utterance' })
export type Utterance = z.infer<typeof Utterance>

export const Transcript = z
  .strictObject({
    callId: CallId,
    complete: z.boolean(),
    missing: z.array(TurnId),
    utterances: z.array(Utterance),
  })
  .meta({ id: 'Transcript' })
export type Transcript = z.infer<typeof Transcript>

export const TranscriptFormat = z.enum(['json', 'text', 'vtt'])
