/** What is known of a speech model or a transcription model. Dates are UTC days, `YYYY-MM-DD`. */
export type KnownModel = {
  readonly name: string
  readonly use: 'speech' | 'transcription'
  /** Tokens; null where it does not apply. */
  readonly context: { readonly tokens: number; readonly outputTokens: number } | null
  /** Fields of a session the model takes. One it does not take loses the whole `session.update`. */
  readonly accepts: { readonly reasoning: boolean; readonly parallelToolCalls: boolean }
  /** The first day on which it is not served any more, and what to use then. */
  readonly ends: { readonly on: string; readonly successor: string } | null
}

const none = { reasoning: false, parallelToolCalls: false }
const both = { reasoning: true, parallelToolCalls: true }
const small = { tokens: 32_000, outputTokens: 4096 }
const large = { tokens: 128_000, outputTokens: 32_000 }

const speech = (
  name: string,
  context: KnownModel['context'],
  accepts: KnownModel['accepts'],
  ends: KnownModel['ends'] = null,
): KnownModel => ({ name, use: 'speech', context, accepts, ends })

const transcription = (name: string, ends: KnownModel['ends'] = null): KnownModel => ({
  name,
  use: 'transcription',
  context: null,
  accepts: none,
  ends,
})

const january = { on: '2027-01-20', successor: 'gpt-realtime-2.1' }
const januaryMini = { on: '2027-01-20', successor: 'gpt-realtime-2.1-mini' }
const may = { on: '2026-05-07', successor: 'gpt-realtime-2.1' }
const july = { on: '2026-07-23', successor: 'gpt-realtime-2.1-mini' }
// OpenAI names "gpt-live-transcribe or gpt-transcribe"; the second is taken inside speech sessions.
const february = { on: '2027-02-26', successor: 'gpt-transcribe' }

/** From OpenAI's "Models" and "Deprecations" pages, November 2026. */
export const knownModels: readonly KnownModel[] = [
  speech('gpt-realtime-2.1', large, both),
  speech('gpt-realtime-2.1-mini', large, both),
  speech('gpt-realtime-2', large, both),
  speech('gpt-realtime-1.5', small, none),
  speech('gpt-realtime', small, none, january),
  speech('gpt-realtime-2025-08-28', small, none, january),
  speech('gpt-realtime-mini', small, none, januaryMini),
  speech('gpt-realtime-mini-2025-12-15', small, none, januaryMini),
  speech('gpt-realtime-mini-2025-10-06', small, none, july),
  speech('gpt-4o-realtime-preview', small, none, may),
  speech('gpt-4o-realtime-preview-2024-12-17', small, none, may),
  speech('gpt-4o-realtime-preview-2025-06-03', small, none, may),
  speech('gpt-4o-mini-realtime-preview', small, none, {
    on: '2026-05-07',
    successor: 'gpt-realtime-2.1-mini',
  }),
  speech('gpt-4o-mini-realtime-preview-2024-12-17', small, none, july),
  transcription('gpt-transcribe'),
  transcription('gpt-live-transcribe'),
  transcription('gpt-realtime-whisper'),
  transcription('whisper-1', february),
  transcription('gpt-4o-transcribe', february),
  transcription('gpt-4o-transcribe-diarize', february),
  transcription('gpt-4o-mini-transcribe', february),
  transcription('gpt-4o-mini-transcribe-2025-12-15', february),
]

const byName = new Map(knownModels.map((model) => [model.name, model]))

/** How a model stands on a day. `unknown`: not in the table, as a deployment of another host would be. */
export type Standing =
  | { is: 'live'; model: KnownModel }
  | { is: 'ending'; model: KnownModel; on: string; inDays: number; successor: string }
  | { is: 'ended'; model: KnownModel; on: string; successor: string }
  | { is: 'unknown' }

const dayMs = 86_400_000

/** Warnings begin this many days before the end. */
export const warnDays = 90

/** @param at RFC 3339 */
export function standingOf(name: string, use: KnownModel['use'], at: string): Standing {
  const model = byName.get(name)
  if (model === undefined || model.use !== use) return { is: 'unknown' }
  if (model.ends === null) return { is: 'live', model }
  const leftMs = Date.parse(`${model.ends.on}T00:00:00.000Z`) - Date.parse(at)
  if (leftMs <= 0) return { is: 'ended', model, ...model.ends }
  const inDays = Math.ceil(leftMs / dayMs)
  return inDays <= warnDays ? { is: 'ending', model, ...model.ends, inDays } : { is: 'live', model }
}

export type ChosenModel = {
  name: string
  accepts: KnownModel['accepts']
  /** The wanted one is not served any more, and this one took its place. */
  insteadOf: string | null
}

/**
 * The model to use when `wanted` is configured: itself, or its successor once it has ended. An unknown one is
 * taken at its word, and told nothing that only some models accept.
 */
export function chooseModel(wanted: string, use: KnownModel['use'], at: string): ChosenModel {
  const standing = standingOf(wanted, use, at)
  switch (standing.is) {
    case 'unknown':
      return { name: wanted, accepts: none, insteadOf: null }
    case 'ended': {
      const next = chooseModel(standing.successor, use, at)
      return { ...next, insteadOf: wanted }
    }
    case 'live':
    case 'ending':
      return { name: wanted, accepts: standing.model.accepts, insteadOf: null }
  }
}

/** One sentence for the log at start-up, or null when there is nothing to say. */
export function modelWarning(name: string, use: KnownModel['use'], at: string): string | null {
  const standing = standingOf(name, use, at)
  switch (standing.is) {
    case 'live':
      return null
    case 'unknown':
      return `the ${use} model ${name} is not in the table of known models: it is sent only fields that every model accepts, and priced like the dearest`
    case 'ended':
      return `the ${use} model ${name} is not served since ${standing.on}: ${standing.successor} is used instead`
    case 'ending':
      return `the ${use} model ${name} ends on ${standing.on}, in ${standing.inDays} days: configure ${standing.successor}`
  }
}
