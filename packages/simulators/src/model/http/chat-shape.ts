import {
  anything,
  bool,
  dictionary,
  either,
  isObject,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Shape,
  text,
  variant,
} from '../protocol/shape.ts'

const toolName = text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ })
const callId = text({ max: 40 })

const textPart = object({ type: anything, text: text() }, ['text'])
const textParts = list(variant('type', { text: textPart }), 2048, 1)
/** Parts that are not text are looked at elsewhere: they are real, but not simulated. */
const userParts = list(
  variant('type', { text: textPart, image_url: anything, input_audio: anything, file: anything }),
  2048,
  1,
)
const assistantParts = list(
  variant('type', { text: textPart, refusal: object({ type: anything, refusal: text() }, ['refusal']) }),
  2048,
  1,
)

const oneOfText = (parts: Shape): Shape => {
  return (value, at) => (typeof value === 'string' ? null : parts(value, at))
}

const call = object(
  {
    id: callId,
    type: oneOf('function'),
    function: object({ name: toolName, arguments: text() }, ['name', 'arguments']),
  },
  ['id', 'type', 'function'],
)

const said = { role: anything, name: text({ min: 1, max: 64 }) }

/** Content may be null in what is read here: which message may say nothing is not a matter of its shape. */
const message = variant('role', {
  system: object({ ...said, content: nullable(oneOfText(textParts)) }, ['content']),
  developer: object({ ...said, content: nullable(oneOfText(textParts)) }, ['content']),
  user: object({ ...said, content: nullable(oneOfText(userParts)) }, ['content']),
  assistant: object({
    ...said,
    content: nullable(oneOfText(assistantParts)),
    refusal: nullable(text()),
    tool_calls: list(call, 128, 1),
    annotations: list(anything),
    audio: nullable(anything),
    function_call: nullable(anything),
  }),
  tool: object({ role: anything, content: nullable(oneOfText(textParts)), tool_call_id: callId }, [
    'content',
    'tool_call_id',
  ]),
})

const tool = variant('type', {
  function: object(
    {
      type: anything,
      function: object(
        {
          name: toolName,
          description: text({ max: 1024 }),
          parameters: dictionary(anything, { pairs: 10_000, keyLength: 1000 }),
          strict: nullable(bool),
        },
        ['name'],
      ),
    },
    ['function'],
  ),
  custom: anything,
})

const named = object({ name: toolName }, ['name'])
const toolChoice: Shape = (value, at) =>
  isObject(value)
    ? variant('type', {
        function: object({ type: anything, function: named }, ['function']),
        allowed_tools: object(
          {
            type: anything,
            allowed_tools: object(
              {
                mode: oneOf('auto', 'required'),
                tools: list(
                  object({ type: oneOf('function'), function: named }, ['type', 'function']),
                  128,
                  1,
                ),
              },
              ['mode', 'tools'],
            ),
          },
          ['allowed_tools'],
        ),
        custom: anything,
      })(value, at)
    : oneOf('none', 'auto', 'required')(value, at)

const responseFormat = variant('type', {
  text: object({ type: anything }),
  json_object: object({ type: anything }),
  json_schema: object(
    {
      type: anything,
      json_schema: object(
        {
          name: toolName,
          description: text(),
          schema: dictionary(anything, { pairs: 10_000, keyLength: 1000 }),
          strict: nullable(bool),
        },
        ['name'],
      ),
    },
    ['json_schema'],
  ),
})

const penalty = nullable(number({ min: -2, max: 2 }))
const tokens = nullable(number({ min: 1, whole: true }))

/** Every parameter of `POST /v1/chat/completions` ("Create chat completion" in the API reference). */
export const CHAT_PARAMETERS: Readonly<Record<string, Shape>> = {
  model: text({ min: 1 }),
  messages: list(message, 2048, 1),
  audio: anything,
  frequency_penalty: penalty,
  function_call: anything,
  functions: anything,
  logit_bias: nullable(dictionary(number({ min: -100, max: 100 }), { pairs: 1024, keyLength: 16 })),
  logprobs: nullable(bool),
  max_completion_tokens: tokens,
  max_tokens: tokens,
  metadata: nullable(dictionary(text({ max: 512 }), { pairs: 16, keyLength: 64 })),
  modalities: nullable(list(oneOf('text', 'audio'), 2, 1)),
  n: nullable(number({ min: 1, max: 128, whole: true })),
  parallel_tool_calls: bool,
  prediction: anything,
  presence_penalty: penalty,
  prompt_cache_key: text({ max: 64 }),
  prompt_cache_retention: nullable(oneOf('in-memory', '24h')),
  reasoning_effort: nullable(oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh')),
  response_format: responseFormat,
  safety_identifier: text({ max: 64 }),
  seed: nullable(number({ whole: true })),
  service_tier: nullable(oneOf('auto', 'default', 'flex', 'scale', 'priority')),
  stop: nullable(either(list(text({ min: 1 }), 4), text())),
  store: nullable(bool),
  stream: nullable(bool),
  stream_options: nullable(object({ include_usage: bool, include_obfuscation: bool })),
  temperature: nullable(number({ min: 0, max: 2 })),
  tool_choice: toolChoice,
  tools: list(tool, 128, 1),
  top_logprobs: nullable(number({ min: 0, max: 20, whole: true })),
  top_p: nullable(number({ min: 0, max: 1 })),
  user: text(),
  verbosity: nullable(oneOf('low', 'medium', 'high')),
  web_search_options: anything,
}

export const chatShape = object(CHAT_PARAMETERS, ['messages'])
