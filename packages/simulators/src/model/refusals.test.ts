import { describe, expect, it } from 'vitest'
import { useModel } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const update = (session: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'session.update',
  session: { type: 'realtime', ...session },
  ...more,
})

const create = (item: JsonObject): JsonObject => ({ type: 'conversation.item.create', item })
const message = (role: string, type: string): JsonObject => ({
  type: 'message',
  role,
  content: [{ type, text: 'hello' }],
})
const vad = (turn_detection: JsonObject) => update({ audio: { input: { turn_detection } } })

type Row = [name: string, event: JsonObject | string, expected: JsonObject]

const ROWS: Row[] = [
  ['text that is not JSON', '{nonsense', { code: 'invalid_json', param: null }],
  ['JSON that is no object', '[1]', { code: 'invalid_event' }],
  ['an event without a type', '{"event_id":"e1"}', { code: 'invalid_event', event_id: 'e1' }],
  [
    'an unknown event',
    { type: 'conversation.item.add', event_id: 'e2' },
    { code: 'invalid_value', param: 'type', event_id: 'e2' },
  ],
  [
    'an event of WebRTC only',
    { type: 'output_audio_buffer.clear' },
    { code: 'invalid_value', param: 'type' },
  ],
  [
    'an update without its type',
    { type: 'session.update', session: { voice: 'marin' } },
    {
      code: 'missing_required_parameter',
      message: "Missing required parameter: 'session.type'.",
      param: 'session.type',
    },
  ],
  [
    'a field of the beta',
    update({ voice: 'marin' }, { event_id: 'mine' }),
    {
      code: 'unknown_parameter',
      message: "Unknown parameter: 'session.voice'.",
      param: 'session.voice',
      event_id: 'mine',
    },
  ],
  ...['input_audio_format', 'output_audio_format', 'modalities', 'turn_detection', 'temperature'].map(
    (field): Row => [
      `the beta's ${field}`,
      update({ [field]: null }),
      { code: 'unknown_parameter', param: `session.${field}`, event_id: null },
    ],
  ),
  [
    'an unknown key beside the type',
    { type: 'response.create', extra: 1 },
    { code: 'unknown_parameter', param: 'extra' },
  ],
  [
    'an unknown voice',
    update({ audio: { output: { voice: 'nobody' } } }),
    {
      type: 'invalid_request_error',
      code: 'invalid_value',
      message:
        "Invalid value: 'nobody'. Supported values are: 'alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', " +
        "'shimmer', 'verse', 'marin', and 'cedar'.",
      param: 'session.audio.output.voice',
    },
  ],
  [
    'both modalities',
    update({ output_modalities: ['audio', 'text'] }),
    { code: 'invalid_value', param: 'session.output_modalities' },
  ],
  [
    'an unknown format',
    update({ audio: { input: { format: { type: 'g711_ulaw' } } } }),
    { code: 'invalid_value', param: 'session.audio.input.format.type' },
  ],
  [
    'a rate PCM does not have',
    update({ audio: { input: { format: { type: 'audio/pcm', rate: 8000 } } } }),
    { code: 'invalid_value', param: 'session.audio.input.format.rate' },
  ],
  [
    'a rate where there is none',
    update({ audio: { output: { format: { type: 'audio/pcmu', rate: 8000 } } } }),
    { code: 'unknown_parameter', param: 'session.audio.output.format.rate' },
  ],
  ['a threshold above one', vad({ type: 'server_vad', threshold: 2 }), { code: 'invalid_value' }],
  [
    'an idle timeout too short',
    vad({ type: 'server_vad', idle_timeout_ms: 100 }),
    { code: 'invalid_value', param: 'session.audio.input.turn_detection.idle_timeout_ms' },
  ],
  [
    'an idle timeout of semantic detection',
    vad({ type: 'semantic_vad', idle_timeout_ms: 6000 }),
    { code: 'unknown_parameter', param: 'session.audio.input.turn_detection.idle_timeout_ms' },
  ],
  ['text for a number', vad({ type: 'server_vad', silence_duration_ms: '500' }), { code: 'invalid_type' }],
  [
    'a nested tool',
    update({ tools: [{ type: 'function', function: { name: 'x' } }] }),
    { code: 'missing_required_parameter', param: 'session.tools[0].name' },
  ],
  [
    'another model',
    update({ model: 'gpt-realtime-mini' }),
    { code: 'invalid_value', param: 'session.model' },
  ],
  ['a speed out of range', update({ audio: { output: { speed: 2 } } }), { code: 'invalid_value' }],
  [
    'audio that is not base64',
    { type: 'input_audio_buffer.append', audio: '%%%%' },
    { code: 'invalid_value', param: 'audio' },
  ],
  [
    'append without audio',
    { type: 'input_audio_buffer.append' },
    { code: 'missing_required_parameter', param: 'audio' },
  ],
  [
    'a commit of nothing',
    { type: 'input_audio_buffer.commit', event_id: 'c' },
    {
      code: 'input_audio_buffer_commit_empty',
      message:
        'Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has 0.00ms of audio.',
      event_id: 'c',
    },
  ],
  [
    'assistant audio put in by hand',
    create({ type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: 'hi' }] }),
    { code: 'invalid_value', param: 'item.content[0].type' },
  ],
  ['input_text of the assistant', create(message('assistant', 'input_text')), { code: 'invalid_value' }],
  ['output_text of the user', create(message('user', 'output_text')), { code: 'invalid_value' }],
  ["the beta's text content", create(message('assistant', 'text')), { code: 'invalid_value' }],
  ['an item type of nobody', create({ type: 'memo' }), { code: 'invalid_value', param: 'item.type' }],
  [
    'an item id too long',
    create({ ...message('user', 'input_text'), id: 'x'.repeat(33) }),
    { code: 'invalid_value', param: 'item.id' },
  ],
  [
    'an output of a call nobody made',
    create({ type: 'function_call_output', call_id: 'call_x', output: '{}' }),
    { code: 'invalid_tool_call_id', message: "Tool call ID 'call_x' not found in conversation." },
  ],
  [
    'an item after one that is not there',
    { ...create(message('user', 'input_text')), previous_item_id: 'item_none' },
    { code: 'item_create_invalid_previous_item_id', param: 'previous_item_id' },
  ],
  [
    'truncation of an unknown item',
    { type: 'conversation.item.truncate', item_id: 'item_none', content_index: 0, audio_end_ms: 0 },
    {
      code: 'item_truncate_invalid_item_id',
      message: "Error truncating item: the item with id 'item_none' does not exist.",
    },
  ],
  [
    'truncation at a fraction',
    { type: 'conversation.item.truncate', item_id: 'item_none', content_index: 0, audio_end_ms: 1.5 },
    { code: 'invalid_type', param: 'audio_end_ms' },
  ],
  [
    'deletion of an unknown item',
    { type: 'conversation.item.delete', item_id: 'i' },
    { code: 'item_delete_invalid_item_id' },
  ],
  [
    'retrieval of an unknown item',
    { type: 'conversation.item.retrieve', item_id: 'i' },
    { code: 'item_retrieve_invalid_item_id' },
  ],
  [
    'cancellation of nothing',
    { type: 'response.cancel' },
    { code: 'response_cancel_not_active', message: 'Cancellation failed: no active response found' },
  ],
  [
    'a response in a beta shape',
    { type: 'response.create', response: { modalities: ['text'] } },
    { code: 'unknown_parameter', param: 'response.modalities' },
  ],
  [
    'metadata too long',
    { type: 'response.create', response: { metadata: { note: 'x'.repeat(513) } } },
    { code: 'invalid_value', param: 'response.metadata.note' },
  ],
  [
    'a reference to nothing',
    { type: 'response.create', response: { input: [{ type: 'item_reference', id: 'item_none' }] } },
    { code: 'invalid_value', param: 'response.input[0].id' },
  ],
]

describe('what the service refuses', () => {
  it('answers each wrong event with the documented error and goes on', async () => {
    const server = await start()
    const client = await WireClient.ready(server)
    for (const [name, event, expected] of ROWS) {
      const error = await client.refusal(event)
      expect(error, name).toMatchObject({ type: 'invalid_request_error', ...expected })
      expect(Object.keys(error).sort(), name).toEqual(['code', 'event_id', 'message', 'param', 'type'])
    }
    expect(server.debugger.entries.map(({ code }) => code)).toEqual(ROWS.map(([, , { code }]) => code))
    client.send({ type: 'conversation.item.create', item: message('user', 'input_text') })
    await client.until('conversation.item.done')
  })

  it('answers a binary frame with an error and keeps the socket open', async () => {
    const client = await WireClient.ready(await start())
    client.socket.send(Buffer.from([1, 2, 3]))
    expect((await client.until('error')).error).toMatchObject({ code: 'invalid_event', event_id: null })
    client.send(update({ instructions: 'still here' }))
    expect(await client.until('session.updated')).toHaveProperty('session.instructions', 'still here')
  })

  it('refuses an item id that exists', async () => {
    const client = await WireClient.ready(await start())
    const item = { ...message('user', 'input_text'), id: 'turn-1' }
    client.send(create(item))
    await client.until('conversation.item.done')
    expect(await client.refusal(create(item))).toMatchObject({
      code: 'item_create_duplicate_item_id',
      message: "Error adding item: an item with id 'turn-1' already exists.",
    })
  })

  it('takes nothing of a refused update', async () => {
    const server = await start()
    const client = await WireClient.ready(server, { instructions: 'before' })
    await client.refusal(update({ instructions: 'after', voice: 'cedar' }))
    expect(server.sessions[0]?.config.instructions).toBe('before')
  })

  it('takes reasoning and parallel_tool_calls from the second generation only', async () => {
    const server = await start()
    const both = update({ reasoning: { effort: 'low' }, parallel_tool_calls: false })
    const second = await WireClient.ready(server)
    second.send(both)
    expect(await second.until('session.updated')).toMatchObject({
      session: { reasoning: { effort: 'low' }, parallel_tool_calls: false },
    })
    const first = new WireClient(server, { query: '?model=gpt-realtime-1.5' })
    const created = await first.until('session.created')
    expect(created.session).not.toHaveProperty('reasoning')
    expect(await first.refusal(both)).toMatchObject({ param: 'session.reasoning' })
    expect(await first.refusal(update({ parallel_tool_calls: true }))).toMatchObject({
      param: 'session.parallel_tool_calls',
    })
  })
})
