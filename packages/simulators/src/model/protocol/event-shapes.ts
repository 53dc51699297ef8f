import {
  audioFormat,
  maxOutputTokens,
  outputModalities,
  prompt,
  realtimeSession,
  reasoning,
  toolChoice,
  tools,
  voice,
} from './session-shape.ts'
import {
  anything,
  bool,
  dictionary,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Shape,
  text,
  variant,
} from './shape.ts'

const status = oneOf('completed', 'incomplete', 'in_progress')
const kept = { id: text({ min: 1 }), object: oneOf('realtime.item'), status, type: anything }

const inputText = object({ type: anything, text: text() }, ['text'])
const inputAudio = object({ type: anything, audio: text(), transcript: nullable(text()) }, ['audio'])
const inputImage = object({ type: anything, image_url: text(), detail: oneOf('auto', 'low', 'high') }, [
  'image_url',
])

const message = variant('role', {
  system: object({ ...kept, role: anything, content: list(variant('type', { input_text: inputText })) }, [
    'content',
  ]),
  user: object(
    {
      ...kept,
      role: anything,
      content: list(
        variant('type', { input_text: inputText, input_audio: inputAudio, input_image: inputImage }),
      ),
    },
    ['content'],
  ),
  // "Creating assistant audio is not possible": only its text may be put into a conversation.
  assistant: object({ ...kept, role: anything, content: list(variant('type', { output_text: inputText })) }, [
    'content',
  ]),
})

const ITEMS: Readonly<Record<string, Shape>> = {
  message,
  function_call: object({ ...kept, call_id: text(), name: text(), arguments: text() }, ['name', 'arguments']),
  function_call_output: object({ ...kept, call_id: text(), output: text() }, ['call_id', 'output']),
  mcp_approval_response: object(
    { ...kept, approval_request_id: text(), approve: bool, reason: nullable(text()) },
    ['approval_request_id', 'approve'],
  ),
}

/** An item as a client may put it into a conversation. */
export const clientItem = variant('type', ITEMS)

const inputItem = variant('type', {
  ...ITEMS,
  item_reference: object({ type: anything, id: text() }, ['id']),
})

const responseParameters = object({
  audio: object({ output: object({ format: audioFormat, voice }) }),
  conversation: oneOf('auto', 'none'),
  input: list(inputItem, 1000),
  instructions: text({ max: 1_000_000 }),
  max_output_tokens: maxOutputTokens,
  metadata: nullable(dictionary(text({ max: 512 }), { pairs: 16, keyLength: 64 })),
  output_modalities: outputModalities,
  parallel_tool_calls: bool,
  prompt,
  reasoning: nullable(reasoning),
  tool_choice: toolChoice,
  tools,
})

const named = { type: anything, event_id: text({ max: 512 }) }

/** Every client event of a realtime session over a WebSocket ("Client events" in the API reference). */
export const CLIENT_EVENTS: Readonly<Record<string, Shape>> = {
  'session.update': object({ ...named, session: realtimeSession }, ['session']),
  'session.close': object(named),
  'input_audio_buffer.append': object({ ...named, audio: text() }, ['audio']),
  'input_audio_buffer.commit': object(named),
  'input_audio_buffer.clear': object(named),
  'conversation.item.create': object({ ...named, item: clientItem, previous_item_id: nullable(text()) }, [
    'item',
  ]),
  'conversation.item.retrieve': object({ ...named, item_id: text() }, ['item_id']),
  'conversation.item.truncate': object(
    {
      ...named,
      item_id: text(),
      content_index: number({ min: 0, whole: true }),
      audio_end_ms: number({ min: 0, whole: true }),
    },
    ['item_id', 'content_index', 'audio_end_ms'],
  ),
  'conversation.item.delete': object({ ...named, item_id: text() }, ['item_id']),
  'response.create': object({ ...named, response: nullable(responseParameters) }),
  'response.cancel': object({ ...named, response_id: nullable(text()) }),
}
