import { z } from 'zod'
import { Epoch, Ms, TurnId } from './ids.ts'

export const Speaker = z.enum(['caller', 'assistant']).meta({ id: 'Speaker' })
export type Speaker = z.infer<typeof Speaker>

// Facts, family `turn`, published by whoever holds the dialogue.

const position = {
  turnId: TurnId,
  epoch: Epoch,
  /** Place of this turn in its stream, in spoken order, from 1. */
  order: z.number().int().min(1),
  by: Speaker,
  /** The model's item, when there is one. */
  itemId: z.string().max(100).nullable(),
  /** On the stream's own clock: ms since the stream started. */
  startMs: Ms,
}

/** One side began to speak. */
export const TurnStarted = z.strictObject(position)

/** One side yielded, was cut off, or was done. The text is what was *heard*, redacted. */
export const TurnEnded = z.strictObject({
  ...position,
  endMs: Ms,
  /** speech, or keys pressed on the telephone */
  form: z.enum(['speech', 'keys']),
  /** Null for a caller's turn whose words are still being written down: `turn.transcribed` follows. */
  text: z.string().max(20_000).nullable(),
  /** Ms of the assistant's audio that reached the ear; null for the caller. */
  heardMs: Ms.nullable(),
  /** The caller's speech cut the assistant off. */
  interrupted: z.boolean(),
  /** The text was cut at a place computed from timing, to the word. */
  approximate: z.boolean(),
  /** Assistant's answers to speech: caller stopped → first audio out, and our part of it; else null. */
  responseMs: Ms.nullable(),
  ourShareMs: Ms.nullable(),
})

/** The words of a caller's turn, which came after it ended. */
export const TurnTranscribed = z.strictObject({
  turnId: TurnId,
  epoch: Epoch,
  text: z.string().max(20_000),
})

/** The words of this turn never came: written down as inaudible. */
export const TurnUnheardText = z.strictObject({
  turnId: TurnId,
  epoch: Epoch,
  because: z.enum(['transcription-failed', 'transcription-missing', 'response-missing']),
})

/** Live, not stored: `live.v1.<callId>.partial`. */
export const PartialText = z
  .strictObject({ turnId: TurnId, by: Speaker, text: z.string() })
  .meta({ id: 'PartialText' })
