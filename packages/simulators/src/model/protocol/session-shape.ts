import {
  anything,
  bool,
  dictionary,
  either,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Shape,
  text,
  variant,
} from './shape.ts'

const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar']

const TRANSCRIBERS = [
  'whisper-1',
  'gpt-4o-mini-transcribe',
  'gpt-4o-mini-transcribe-2025-12-15',
  'gpt-4o-transcribe',
  'gpt-4o-transcribe-latest',
  'gpt-4o-transcribe-diarize',
  'gpt-transcribe',
  'gpt-live-transcribe',
  'gpt-realtime-whisper',
]

const pcm = object({ type: anything, rate: exactly(24_000) }, ['type'])
const g711 = object({ type: anything }, ['type'])

/** `{"type":"audio/pcm","rate":24000}`, `{"type":"audio/pcmu"}` or `{"type":"audio/pcma"}`. */
export const audioFormat = variant('type', { 'audio/pcm': pcm, 'audio/pcmu': g711, 'audio/pcma': g711 })

const customVoice = object({ id: text({ max: 256 }) }, ['id'])
export const voice: Shape = (value, at) =>
  typeof value === 'object' && value !== null ? customVoice(value, at) : oneOf(...VOICES)(value, at)

const turnDetection = variant('type', {
  server_vad: object({
    type: anything,
    threshold: number({ min: 0, max: 1 }),
    prefix_padding_ms: number({ min: 0, max: 10_000, whole: true }),
    silence_duration_ms: number({ min: 0, max: 10_000, whole: true }),
    create_response: bool,
    interrupt_response: bool,
    idle_timeout_ms: nullable(number({ min: 5000, max: 30_000, whole: true })),
  }),
  semantic_vad: object({
    type: anything,
    eagerness: oneOf('low', 'medium', 'high', 'auto'),
    create_response: bool,
    interrupt_response: bool,
  }),
})

const transcription = object({
  model: oneOf(...TRANSCRIBERS),
  language: text({ max: 64 }),
  languages: list(text({ max: 64 }), 64),
  prompt: text({ max: 100_000 }),
  keywords: list(text({ max: 256 }), 1000),
  delay: oneOf('minimal', 'low', 'medium', 'high', 'xhigh'),
})

const audio = object({
  input: object({
    format: audioFormat,
    transcription: nullable(transcription),
    noise_reduction: nullable(
      object({ type: oneOf('near_field', 'far_field'), strength: anything }, ['type']),
    ),
    turn_detection: nullable(turnDetection),
  }),
  output: object({ format: audioFormat, voice, speed: number({ min: 0.25, max: 1.5 }) }),
})

const toolName = text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ })

/** Function tools are flat: name, description and parameters stand beside `type`. */
export const tools = list(
  variant('type', {
    function: object(
      {
        type: anything,
        name: toolName,
        description: text({ max: 100_000 }),
        parameters: dictionary(anything, { pairs: 10_000, keyLength: 1000 }),
      },
      ['name'],
    ),
    mcp: object(
      {
        type: anything,
        server_label: text(),
        server_url: text(),
        server_description: text(),
        connector_id: text(),
        tunnel_id: text(),
        authorization: text(),
        headers: nullable(anything),
        allowed_tools: nullable(anything),
        allowed_callers: nullable(anything),
        require_approval: nullable(anything),
        defer_loading: bool,
      },
      ['server_label'],
    ),
  }),
  128,
)

export const toolChoice: Shape = (value, at) =>
  typeof value === 'object' && value !== null
    ? variant('type', {
        function: object({ type: anything, name: toolName }, ['name']),
        mcp: object({ type: anything, server_label: text(), name: nullable(text()) }, ['server_label']),
      })(value, at)
    : oneOf('none', 'auto', 'required')(value, at)

export const maxOutputTokens = either(oneOf('inf'), number({ min: 1, max: 4096, whole: true }))

/** Exactly one modality: audio brings its transcript with it. */
export const outputModalities: Shape = (value, at) => {
  const problem = list(oneOf('text', 'audio'))(value, at)
  if (problem) return problem
  if (Array.isArray(value) && value.length === 1) return null
  return {
    code: 'invalid_value',
    message: `Invalid modalities: ${JSON.stringify(value)}. Supported combinations are: ['text'] and ['audio'].`,
    param: at,
  }
}

export const reasoning = object({ effort: oneOf('minimal', 'low', 'medium', 'high', 'xhigh') })

export const prompt = nullable(
  object({ id: text(), version: nullable(text()), variables: nullable(anything) }, ['id']),
)

const truncation: Shape = (value, at) =>
  typeof value === 'string'
    ? oneOf('auto', 'disabled')(value, at)
    : object(
        {
          type: oneOf('retention_ratio'),
          retention_ratio: number({ min: 0, max: 1 }),
          token_limits: nullable(object({ post_instructions: number({ min: 0, whole: true }) })),
        },
        ['type', 'retention_ratio'],
      )(value, at)

const tracing: Shape = (value, at) =>
  typeof value === 'string'
    ? oneOf('auto')(value, at)
    : object({ workflow_name: text(), group_id: text(), metadata: anything })(value, at)

/** The `session` of a `session.update` of type `realtime`. Every beta field name is unknown here. */
export const realtimeSession = object(
  {
    type: oneOf('realtime', 'transcription'),
    model: text(),
    output_modalities: outputModalities,
    instructions: text({ max: 1_000_000 }),
    audio,
    tools,
    tool_choice: toolChoice,
    max_output_tokens: maxOutputTokens,
    truncation,
    tracing: nullable(tracing),
    prompt,
    include: nullable(list(oneOf('item.input_audio_transcription.logprobs'), 16)),
    reasoning: nullable(reasoning),
    parallel_tool_calls: bool,
  },
  ['type'],
)

function exactly(wanted: number): Shape {
  return (value, at) =>
    value === wanted
      ? null
      : { code: 'invalid_value', message: `Invalid value: ${value}. Expected ${wanted}.`, param: at }
}
