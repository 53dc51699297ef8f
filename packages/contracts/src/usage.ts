import { z } from 'zod'
import { Epoch } from './ids.ts'

/** Tokens by kind. Cached ones are part of the input ones; what is fresh is the difference. */
export const Tokens = z
  .strictObject({
    textIn: z.number().int().min(0),
    textInCached: z.number().int().min(0),
    audioIn: z.number().int().min(0),
    audioInCached: z.number().int().min(0),
    imageIn: z.number().int().min(0),
    imageInCached: z.number().int().min(0),
    textOut: z.number().int().min(0),
    audioOut: z.number().int().min(0),
  })
  .meta({ id: 'Tokens' })
export type Tokens = z.infer<typeof Tokens>

/** Fact, family `usage`, published by whoever holds the dialogue. */
export const UsageRecorded = z.strictObject({
  /** Id of the response or item that was billed: repeats of it are the same usage. */
  usageId: z.string().min(1).max(120),
  epoch: Epoch.nullable(),
  kind: z.enum(['response', 'transcription']),
  model: z.string().max(100),
  tokens: Tokens,
  /** Billed by time instead of tokens (some transcription models). */
  seconds: z.number().min(0).nullable(),
})

/** The same, reckoned by us because the model's own figures never came. */
export const UsageEstimated = UsageRecorded.extend({ because: z.string().max(100) })

/** Fact, family `usage`, owner realtime-session: the ledger's entry for one usage, in integer micro-USD. */
export const UsagePriced = z.strictObject({
  usageId: z.string().min(1).max(120),
  kind: z.enum(['response', 'transcription', 'carrier']),
  microUsd: z.number().int().min(0),
  /** All of this call so far. */
  callMicroUsd: z.number().int().min(0),
  estimated: z.boolean(),
})
