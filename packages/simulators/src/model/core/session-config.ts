import type { ModelTraits } from '../protocol/model-table.ts'
import { invalid, isObject, type JsonObject, type Problem } from '../protocol/shape.ts'

export type AudioFormat = { type: 'audio/pcm'; rate: 24000 } | { type: 'audio/pcmu' } | { type: 'audio/pcma' }

export type TurnDetection =
  | {
      type: 'server_vad'
      threshold: number
      prefix_padding_ms: number
      silence_duration_ms: number
      create_response: boolean
      interrupt_response: boolean
      idle_timeout_ms: number | null
    }
  | { type: 'semantic_vad'; eagerness: string; create_response: boolean; interrupt_response: boolean }

export type ToolDefinition = { type: string; name?: string; description?: string; parameters?: JsonObject }

/** The session object as the service holds and shows it ("Session object" in the API reference). */
export type SessionConfig = {
  type: 'realtime'
  object: 'realtime.session'
  id: string
  model: string
  output_modalities: string[]
  instructions: string
  tools: ToolDefinition[]
  tool_choice: string | JsonObject
  max_output_tokens: number | 'inf'
  tracing: string | JsonObject | null
  truncation: string | JsonObject
  prompt: JsonObject | null
  expires_at: number
  include: string[] | null
  audio: {
    input: {
      format: AudioFormat
      transcription: (JsonObject & { model?: string; language?: string }) | null
      noise_reduction: JsonObject | null
      turn_detection: TurnDetection | null
    }
    output: { format: AudioFormat; voice: string | JsonObject; speed: number }
  }
  reasoning?: JsonObject
  parallel_tool_calls?: boolean
}

const DEFAULT_INSTRUCTIONS =
  'Your knowledge cutoff is 2024-06. You are a helpful, witty, and friendly AI. Act like a human, but remember ' +
  "that you aren't a human and that you can't do human things in the real world. Your voice and personality " +
  'should be warm and engaging, with a lively and playful tone.'

const PCM: AudioFormat = { type: 'audio/pcm', rate: 24_000 }

/** Live default of `silence_duration_ms` as `session.created` shows it; the documents say 500. */
const LIVE_SILENCE_MS = 200

/** The session before any `session.update`: 24 kHz PCM both ways, server VAD that answers by itself. */
export function freshSession(
  id: string,
  model: string,
  expiresAt: number,
  traits: ModelTraits,
): SessionConfig {
  return {
    type: 'realtime',
    object: 'realtime.session',
    id,
    model,
    output_modalities: ['audio'],
    instructions: DEFAULT_INSTRUCTIONS,
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at: expiresAt,
    include: null,
    audio: {
      input: {
        format: PCM,
        transcription: null,
        noise_reduction: null,
        turn_detection: freshTurnDetection('server_vad'),
      },
      output: { format: PCM, voice: 'marin', speed: 1 },
    },
    ...(traits.reasoning ? { reasoning: { effort: 'low' } } : {}),
    ...(traits.parallelToolCalls ? { parallel_tool_calls: true } : {}),
  }
}

function freshTurnDetection(type: string): TurnDetection {
  if (type === 'semantic_vad') {
    return { type, eagerness: 'auto', create_response: true, interrupt_response: true }
  }
  return {
    type: 'server_vad',
    threshold: 0.5,
    prefix_padding_ms: 300,
    silence_duration_ms: LIVE_SILENCE_MS,
    create_response: true,
    interrupt_response: true,
    idle_timeout_ms: null,
  }
}

/** What the session has already done, as far as it forbids changes. */
export type SessionPast = { spoke: boolean; speaking: boolean; formatLocked: boolean }

/** Reasons to refuse a well-formed update as a whole; null when it may be merged. */
export function refuseUpdate(
  config: SessionConfig,
  update: JsonObject,
  traits: ModelTraits,
  past: SessionPast,
): Problem | null {
  if (update.type !== 'realtime') {
    return invalid(
      'session.type',
      'Passing a transcription session update to a realtime session is not allowed.',
    )
  }
  if (update.model !== undefined && update.model !== config.model) {
    return invalid('session.model', "Cannot update a session's model after it was created.")
  }
  for (const key of ['reasoning', 'parallel_tool_calls'] as const) {
    const accepted = key === 'reasoning' ? traits.reasoning : traits.parallelToolCalls
    if (update[key] !== undefined && update[key] !== null && !accepted) {
      return {
        code: 'unsupported_parameter',
        message: `Unsupported parameter: '${key}' is not supported with the '${config.model}' model.`,
        param: `session.${key}`,
      }
    }
  }
  if (config.tracing !== null && update.tracing !== undefined && !same(update.tracing, config.tracing)) {
    return invalid('session.tracing', 'Tracing cannot be changed once it is enabled for a session.')
  }
  const output = isObject(update.audio) && isObject(update.audio.output) ? update.audio.output : {}
  const current = config.audio.output
  if (past.spoke && output.voice !== undefined && !same(output.voice, current.voice)) {
    return {
      code: 'cannot_update_voice',
      message: "Cannot update a conversation's voice if assistant audio is present.",
      param: 'session.audio.output.voice',
    }
  }
  if (past.formatLocked && output.format !== undefined && !same(output.format, current.format)) {
    return invalid('session.audio.output.format', 'Cannot change the output format after assistant audio.')
  }
  if (past.speaking && output.speed !== undefined && output.speed !== current.speed) {
    return invalid('session.audio.output.speed', 'Speed can only be changed between turns.')
  }
  return null
}

/** The session after an update: what the update does not name stays; null, "" and [] clear. */
export function mergeUpdate(config: SessionConfig, update: JsonObject): SessionConfig {
  const { audio, ...rest } = update
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const input = isObject(audio) && isObject(audio.input) ? audio.input : {}
  const output = isObject(audio) && isObject(audio.output) ? audio.output : {}
  return {
    ...config,
    ...named,
    audio: {
      input: {
        ...config.audio.input,
        ...input,
        ...('format' in input ? { format: fullFormat(input.format) } : {}),
        ...('turn_detection' in input
          ? { turn_detection: mergeTurnDetection(config.audio.input.turn_detection, input.turn_detection) }
          : {}),
      },
      output: {
        ...config.audio.output,
        ...output,
        ...('format' in output ? { format: fullFormat(output.format) } : {}),
      },
    },
  }
}

/** A checked format with its rate filled in. */
export function fullFormat(format: unknown): AudioFormat {
  if (isObject(format) && format.type === 'audio/pcmu') return { type: 'audio/pcmu' }
  if (isObject(format) && format.type === 'audio/pcma') return { type: 'audio/pcma' }
  return PCM
}

function mergeTurnDetection(current: TurnDetection | null, update: unknown): TurnDetection | null {
  if (!isObject(update)) return null
  const base = current?.type === update.type ? current : freshTurnDetection(String(update.type))
  return { ...base, ...update } as TurnDetection
}

/** Equality of two JSON values, whatever the order of their keys. */
function same(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return JSON.stringify(a) === JSON.stringify(b)
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => same(a[key], b[key]))
}
