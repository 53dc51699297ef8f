import { equalsAt, stringEnd } from './json-bytes.ts'

/** An output item as the model tells of it. */
export type ModelItem = {
  id: string
  kind: 'message' | 'function_call' | 'other'
  /** Of a function call; null for the rest. */
  call: { callId: string; name: string; arguments: string } | null
}

export type ModelResponse = {
  id: string
  status: 'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete' | 'unknown'
  /** `turn_detected`, `max_output_tokens`…; null when there is none. */
  reason: string | null
  error: ModelError | null
  output: readonly ModelItem[]
  metadata: Readonly<Record<string, string>>
  /** As it came; `tokensOfResponse` reads it. */
  usage: unknown
}

export type ModelError = {
  type: string
  code: string | null
  message: string
  param: string | null
  /** Of the client event that it answers. */
  eventId: string | null
}

/** What the model says, as far as we use it ("Realtime API: server events"). Places are ms, ids are theirs. */
export type ServerEvent =
  | { type: 'error'; error: ModelError }
  | { type: 'session.created' | 'session.updated'; session: Readonly<Record<string, unknown>> }
  | { type: 'input_audio_buffer.speech_started'; itemId: string; audioStartMs: number }
  | { type: 'input_audio_buffer.speech_stopped'; itemId: string; audioEndMs: number }
  | { type: 'input_audio_buffer.committed'; itemId: string }
  | { type: 'conversation.item.input_audio_transcription.delta'; itemId: string; delta: string }
  | {
      type: 'conversation.item.input_audio_transcription.completed'
      itemId: string
      transcript: string
      usage: unknown
    }
  | { type: 'conversation.item.input_audio_transcription.failed'; itemId: string; error: ModelError }
  | { type: 'response.created' | 'response.done'; response: ModelResponse }
  | { type: 'response.output_audio.delta'; responseId: string; itemId: string; delta: string }
  | { type: 'response.output_audio.done'; responseId: string; itemId: string }
  | { type: 'response.output_audio_transcript.delta'; responseId: string; itemId: string; delta: string }
  | { type: 'response.output_audio_transcript.done'; responseId: string; itemId: string; transcript: string }
  /** A type we do nothing with, known or not. */
  | { type: 'unused'; name: string }
  /** Not JSON, or a type we use without what it must have. */
  | { type: 'malformed'; name: string }

type Json = Readonly<Record<string, unknown>>

const used: ReadonlySet<string> = new Set<ServerEvent['type']>([
  'error',
  'session.created',
  'session.updated',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'input_audio_buffer.committed',
  'conversation.item.input_audio_transcription.delta',
  'conversation.item.input_audio_transcription.completed',
  'conversation.item.input_audio_transcription.failed',
  'response.created',
  'response.done',
  'response.output_audio.delta',
  'response.output_audio.done',
  'response.output_audio_transcript.delta',
  'response.output_audio_transcript.done',
])
const typeFirst = Buffer.from('{"type":"')

/** The type of an event that begins with it, as all of the service's own do; null for the rest. */
function typeAtStart(bytes: Buffer): string | null {
  if (!equalsAt(bytes, 0, typeFirst)) return null
  const end = stringEnd(bytes, typeFirst.length)
  return end < 0 ? null : bytes.toString('latin1', typeFirst.length, end)
}

/**
 * Reads one event of the model. Never throws; what is not understood is `unused` or `malformed`. Of the many
 * events we have no use for, only the type is looked at.
 */
export function readServerEvent(bytes: Buffer | string): ServerEvent {
  if (typeof bytes !== 'string') {
    const name = typeAtStart(bytes)
    if (name !== null && !used.has(name)) return { type: 'unused', name }
  }
  let json: unknown
  try {
    json = JSON.parse(typeof bytes === 'string' ? bytes : bytes.toString('utf8'))
  } catch {
    return { type: 'malformed', name: 'not-json' }
  }
  if (!isObject(json) || typeof json.type !== 'string') return { type: 'malformed', name: 'no-type' }
  const { type } = json
  switch (type) {
    case 'error':
      return isObject(json.error) ? { type, error: errorOf(json.error) } : malformed(type)
    case 'session.created':
    case 'session.updated':
      return isObject(json.session) ? { type, session: json.session } : malformed(type)
    case 'input_audio_buffer.speech_started':
      return isText(json.item_id)
        ? { type, itemId: json.item_id, audioStartMs: msOf(json.audio_start_ms) }
        : malformed(type)
    case 'input_audio_buffer.speech_stopped':
      return isText(json.item_id)
        ? { type, itemId: json.item_id, audioEndMs: msOf(json.audio_end_ms) }
        : malformed(type)
    case 'input_audio_buffer.committed':
      return isText(json.item_id) ? { type, itemId: json.item_id } : malformed(type)
    case 'conversation.item.input_audio_transcription.delta':
      return isText(json.item_id) && typeof json.delta === 'string'
        ? { type, itemId: json.item_id, delta: json.delta }
        : malformed(type)
    case 'conversation.item.input_audio_transcription.completed':
      return isText(json.item_id) && typeof json.transcript === 'string'
        ? { type, itemId: json.item_id, transcript: json.transcript, usage: json.usage ?? null }
        : malformed(type)
    case 'conversation.item.input_audio_transcription.failed':
      return isText(json.item_id)
        ? { type, itemId: json.item_id, error: errorOf(isObject(json.error) ? json.error : {}) }
        : malformed(type)
    case 'response.created':
    case 'response.done': {
      const response = responseOf(json.response)
      return response ? { type, response } : malformed(type)
    }
    case 'response.output_audio.delta':
    case 'response.output_audio_transcript.delta':
      return isText(json.response_id) && isText(json.item_id) && typeof json.delta === 'string'
        ? { type, responseId: json.response_id, itemId: json.item_id, delta: json.delta }
        : malformed(type)
    case 'response.output_audio.done':
      return isText(json.response_id) && isText(json.item_id)
        ? { type, responseId: json.response_id, itemId: json.item_id }
        : malformed(type)
    case 'response.output_audio_transcript.done':
      return isText(json.response_id) && isText(json.item_id) && typeof json.transcript === 'string'
        ? { type, responseId: json.response_id, itemId: json.item_id, transcript: json.transcript }
        : malformed(type)
    default:
      return { type: 'unused', name: type }
  }
}

const malformed = (name: string): ServerEvent => ({ type: 'malformed', name })

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Ids are kept and sent back: none longer than a fact may hold. */
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 100

const msOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0

const textOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise

function errorOf(json: Json): ModelError {
  return {
    type: textOr(json.type, 'unknown'),
    code: textOr(json.code, null),
    message: textOr(json.message, '').slice(0, 1000),
    param: textOr(json.param, null),
    eventId: textOr(json.event_id, null),
  }
}

const statuses = ['in_progress', 'completed', 'cancelled', 'failed', 'incomplete'] as const

function responseOf(json: unknown): ModelResponse | null {
  if (!isObject(json) || !isText(json.id)) return null
  const details = isObject(json.status_details) ? json.status_details : {}
  const metadata: Record<string, string> = {}
  if (isObject(json.metadata)) {
    for (const [key, value] of Object.entries(json.metadata))
      if (typeof value === 'string') metadata[key] = value
  }
  return {
    id: json.id,
    status: statuses.find((status) => status === json.status) ?? 'unknown',
    reason: textOr(details.reason, null),
    error: isObject(details.error) ? errorOf(details.error) : null,
    output: Array.isArray(json.output) ? json.output.flatMap((item) => itemOf(item) ?? []) : [],
    metadata,
    usage: json.usage ?? null,
  }
}

function itemOf(json: unknown): ModelItem | null {
  if (!isObject(json) || typeof json.id !== 'string') return null
  if (json.type === 'message') return { id: json.id, kind: 'message', call: null }
  if (json.type !== 'function_call' || !isText(json.call_id) || !isText(json.name)) {
    return { id: json.id, kind: 'other', call: null }
  }
  const call = { callId: json.call_id, name: json.name, arguments: textOr(json.arguments, '') }
  return { id: json.id, kind: 'function_call', call }
}
