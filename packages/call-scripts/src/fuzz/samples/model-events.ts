import type { Json } from '../mutation/value-mutations.ts'

const ids = { response_id: 'resp_F0001', item_id: 'item_F0001', output_index: 0, content_index: 0 }
const error = {
  type: 'invalid_request_error',
  code: 'invalid_value',
  message: 'Invalid value.',
  param: 'session.audio.output.voice',
  event_id: null,
}
const assistantItem: Json = {
  id: 'item_F0001',
  object: 'realtime.item',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_audio', transcript: 'はい、承知しました。' }],
}
const call: Json = {
  id: 'item_F0002',
  object: 'realtime.item',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_F0001',
  name: 'take-message',
  arguments: '{"text":"折り返しお電話ください。"}',
}
const response = (status: string, rest: { [key: string]: Json } = {}): Json => ({
  object: 'realtime.response',
  id: 'resp_F0001',
  status,
  status_details: null,
  output: [],
  conversation_id: 'conv_F0001',
  output_modalities: ['audio'],
  max_output_tokens: 'inf',
  audio: { output: { format: { type: 'audio/pcmu' }, voice: 'marin' } },
  usage: null,
  metadata: null,
  ...rest,
})
const usage: Json = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
}
const session: Json = {
  type: 'realtime',
  object: 'realtime.session',
  id: 'sess_F0001',
  model: 'gpt-realtime-2.1',
  output_modalities: ['audio'],
  instructions: '',
  tools: [],
  tool_choice: 'auto',
  max_output_tokens: 'inf',
  expires_at: 1_795_000_000,
  audio: {
    input: { format: { type: 'audio/pcmu' }, transcription: null, turn_detection: null },
    output: { format: { type: 'audio/pcmu' }, voice: 'marin', speed: 1 },
  },
}

const event = (type: string, rest: { [key: string]: Json }): Json => ({
  type,
  event_id: 'event_F0001',
  ...rest,
})

/** Every event of the model that means something to a call, by "Realtime API: server events". */
export const modelSamples: readonly Json[] = [
  event('error', { error }),
  event('error', { error: { ...error, code: 'conversation_already_has_active_response' } }),
  event('session.created', { session }),
  event('session.updated', { session }),
  event('conversation.item.added', { item: assistantItem, previous_item_id: null }),
  event('conversation.item.done', { item: assistantItem, previous_item_id: 'item_F0000' }),
  event('conversation.item.truncated', { item_id: 'item_F0001', content_index: 0, audio_end_ms: 300 }),
  event('conversation.item.deleted', { item_id: 'item_F0001' }),
  event('conversation.item.input_audio_transcription.delta', {
    item_id: 'item_T0001',
    content_index: 0,
    delta: 'もし',
    obfuscation: 'aXd3',
  }),
  event('conversation.item.input_audio_transcription.completed', {
    item_id: 'item_T0001',
    content_index: 0,
    transcript: 'もしもし、予約をお願いします。',
    usage: {
      type: 'tokens',
      total_tokens: 42,
      input_tokens: 20,
      output_tokens: 22,
      input_token_details: { text_tokens: 0, audio_tokens: 20 },
    },
  }),
  event('conversation.item.input_audio_transcription.failed', {
    item_id: 'item_T0001',
    content_index: 0,
    error,
  }),
  event('input_audio_buffer.speech_started', { audio_start_ms: 1200, item_id: 'item_T0001' }),
  event('input_audio_buffer.speech_stopped', { audio_end_ms: 2400, item_id: 'item_T0001' }),
  event('input_audio_buffer.committed', { item_id: 'item_T0001', previous_item_id: null }),
  event('input_audio_buffer.timeout_triggered', {
    audio_start_ms: 1,
    audio_end_ms: 2,
    item_id: 'item_T0002',
  }),
  event('response.created', { response: response('in_progress') }),
  event('response.output_item.added', { response_id: 'resp_F0001', output_index: 0, item: assistantItem }),
  event('response.output_item.done', { response_id: 'resp_F0001', output_index: 0, item: call }),
  event('response.content_part.added', { ...ids, part: { type: 'audio', transcript: '' } }),
  event('response.output_audio.delta', { ...ids, delta: Buffer.alloc(1600, 0x55).toString('base64') }),
  event('response.output_audio.delta', { ...ids, delta: Buffer.alloc(161, 0x2a).toString('base64') }),
  event('response.output_audio.done', ids),
  event('response.output_audio_transcript.delta', { ...ids, delta: 'はい、' }),
  event('response.output_audio_transcript.done', { ...ids, transcript: 'はい、承知しました。' }),
  event('response.function_call_arguments.done', {
    ...ids,
    call_id: 'call_F0001',
    name: 'take-message',
    arguments: '{}',
  }),
  event('response.done', { response: response('completed', { output: [assistantItem], usage }) }),
  event('response.done', { response: response('completed', { output: [call], usage }) }),
  event('response.done', {
    response: response('cancelled', {
      status_details: { type: 'cancelled', reason: 'turn_detected' },
      output: [assistantItem, call],
      usage,
    }),
  }),
  event('response.done', {
    response: response('failed', { status_details: { type: 'failed', error } }),
  }),
  event('rate_limits.updated', {
    rate_limits: [{ name: 'tokens', limit: 800_000, remaining: 799_000, reset_seconds: 0.1 }],
  }),
  event('response.something_new', { ...ids, delta: 'x' }),
]
