import type { DialogueItem, SessionPlan } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { cancelledOutput, dialogueItems } from './dialogue-items.ts'
import { classifyClose, classifyError, classifyStatus } from './model-errors.ts'
import { readServerEvent } from './server-events.ts'
import { buildSessionUpdate, checkSessionUpdated, sessionFacts, turnDetectionOf } from './session-shape.ts'
import { estimateTokens, noTokens, tokensOfResponse, usageOfTranscription } from './usage.ts'

const plan = {
  model: 'gpt-realtime-2.1',
  accepts: { reasoning: false, parallelToolCalls: false },
  voice: 'marin',
  instructions: 'Be brief.',
  tools: [{ name: 'end-call', description: 'Ends.', parameters: { type: 'object' }, timeoutMs: 1000 }],
  turnDetection: { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 },
  transcription: { model: 'gpt-4o-mini-transcribe', language: 'ja' },
  maxOutputTokens: 4096,
} as unknown as SessionPlan

describe('session.update', () => {
  it('says everything that matters, and no more than the model takes', () => {
    expect(buildSessionUpdate(plan, { eventId: 'e1' })).toEqual({
      type: 'session.update',
      event_id: 'e1',
      session: {
        type: 'realtime',
        output_modalities: ['audio'],
        instructions: 'Be brief.',
        audio: {
          input: {
            format: { type: 'audio/pcmu' },
            transcription: { model: 'gpt-4o-mini-transcribe', language: 'ja' },
            noise_reduction: null,
            turn_detection: {
              type: 'server_vad',
              threshold: 0.5,
              prefix_padding_ms: 300,
              silence_duration_ms: 200,
              create_response: true,
              interrupt_response: true,
              idle_timeout_ms: null,
            },
          },
          output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
        },
        tools: [{ type: 'function', name: 'end-call', description: 'Ends.', parameters: { type: 'object' } }],
        tool_choice: 'auto',
        max_output_tokens: 4096,
      },
    })
  })

  it('adds what newer models take', () => {
    const newer = { ...plan, accepts: { reasoning: true, parallelToolCalls: true } }
    expect(buildSessionUpdate(newer, { eventId: 'e' }).session).toMatchObject({
      reasoning: { effort: 'low' },
      parallel_tool_calls: true,
    })
  })

  it('can be brought down to what a call needs', () => {
    const { session } = buildSessionUpdate(plan, { eventId: 'e', form: 'minimal' })
    expect(Object.keys(session).sort()).toEqual(['audio', 'instructions', 'type'])
    expect(session.audio?.output).toEqual({ format: { type: 'audio/pcmu' }, voice: 'marin' })
    const voiceless = buildSessionUpdate(plan, {
      eventId: 'e',
      form: 'minimal',
      refused: 'session.audio.output.voice',
    })
    expect(voiceless.session.audio?.output).toEqual({ format: { type: 'audio/pcmu' } })
  })

  it('turns answering off while something must be heard', () => {
    expect(turnDetectionOf(plan, false)).toMatchObject({ create_response: false, interrupt_response: false })
  })

  const asked = buildSessionUpdate(plan, { eventId: 'e' }).session
  const answer = (input: string, output: string, voice: unknown) => ({
    audio: { input: { format: { type: input } }, output: { format: { type: output }, voice } },
  })
  it.each([
    ['as asked', answer('audio/pcmu', 'audio/pcmu', 'marin'), { ok: true }],
    ['with the voice as an object', answer('audio/pcmu', 'audio/pcmu', { id: 'marin' }), { ok: true }],
    ['with 24 kHz in', answer('audio/pcm', 'audio/pcmu', 'marin'), { ok: false, wrong: 'input-format' }],
    ['with 24 kHz out', answer('audio/pcmu', 'audio/pcm', 'marin'), { ok: false, wrong: 'output-format' }],
    ['with another voice', answer('audio/pcmu', 'audio/pcmu', 'alloy'), { ok: false, wrong: 'voice' }],
    ['in the old shape', { input_audio_format: 'g711_ulaw' }, { ok: false, wrong: 'input-format' }],
    ['with nonsense', { audio: 7 }, { ok: false, wrong: 'input-format' }],
  ])('is compared with an answer %s', (_story, session, expected) => {
    expect(checkSessionUpdated(session, asked)).toEqual(expected)
  })

  it('knows id and end of a session', () => {
    expect(sessionFacts({ id: 'sess_1', expires_at: 1_790_000_000 })).toEqual({
      id: 'sess_1',
      expiresAt: 1_790_000_000,
    })
    expect(sessionFacts({})).toEqual({ id: null, expiresAt: null })
  })
})

describe('dialogue', () => {
  const dialogue: DialogueItem[] = [
    { kind: 'assistant', text: 'もしもし' },
    { kind: 'caller', text: '予約を' },
    { kind: 'caller', text: ' ' },
    { kind: 'tool-call', toolCallId: 'c1', name: 'look-up', arguments: '{}' },
    { kind: 'tool-result', toolCallId: 'c1', output: '{"free":true}' },
    { kind: 'tool-call', toolCallId: 'c2', name: 'look-up', arguments: '{}' },
    { kind: 'tool-result', toolCallId: 'lost', output: '1' },
    { kind: 'note', text: 'The line was lost.' },
  ]
  it('becomes items, every call with a result and no result alone', () => {
    expect(dialogueItems(dialogue)).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'もしもし' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: '予約を' }] },
      { type: 'function_call', call_id: 'c1', name: 'look-up', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: '{"free":true}' },
      { type: 'function_call', call_id: 'c2', name: 'look-up', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c2', output: cancelledOutput },
      { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'The line was lost.' }] },
    ])
  })
  it('loses its oldest part when it is too long, and the results of calls that went with it', () => {
    expect(dialogueItems(dialogue, { maxCharacters: 45 }).map((item) => item.type)).toEqual([
      'function_call',
      'function_call_output',
      'message',
    ])
  })
})

describe('usage', () => {
  it('is read by kind', () => {
    expect(
      tokensOfResponse({
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
      }),
    ).toEqual({ ...noTokens, textIn: 119, textInCached: 64, audioIn: 13, textOut: 30, audioOut: 91 })
  })
  it.each([
    ['null', null, null],
    ['only totals', { input_tokens: 10, output_tokens: 5 }, { ...noTokens, textIn: 10, textOut: 5 }],
    [
      'more cached than there is',
      {
        input_token_details: { text_tokens: 5, cached_tokens_details: { text_tokens: 9 } },
      },
      { ...noTokens, textIn: 5, textInCached: 5 },
    ],
    [
      'nonsense',
      { input_token_details: { text_tokens: -3, audio_tokens: 'x' }, output_tokens: Number.NaN },
      noTokens,
    ],
  ])('with %s', (_story, usage, expected) => {
    expect(tokensOfResponse(usage)).toEqual(expected)
  })
  it('of a transcription comes in tokens or in seconds', () => {
    expect(usageOfTranscription({ type: 'duration', seconds: 2.5 })).toEqual({
      tokens: noTokens,
      seconds: 2.5,
    })
    expect(
      usageOfTranscription({
        type: 'tokens',
        input_tokens: 20,
        output_tokens: 22,
        input_token_details: { text_tokens: 4, audio_tokens: 16 },
      }),
    ).toEqual({ tokens: { ...noTokens, textIn: 4, audioIn: 16, textOut: 22 }, seconds: null })
    expect(usageOfTranscription(undefined)).toBeNull()
  })
  it('is estimated from what was said', () => {
    expect(estimateTokens({ callerMs: 250, assistantMs: 1010, textLength: 10 })).toEqual({
      ...noTokens,
      audioIn: 3,
      audioOut: 21,
      textOut: 4,
    })
  })
})

describe('errors', () => {
  const error = (code: string | null, over = {}) => ({
    type: 'invalid_request_error',
    code,
    message: '',
    param: null,
    eventId: null,
    ...over,
  })
  it.each([
    ['benign', error('response_cancel_not_active')],
    ['benign', error('item_truncate_invalid_item_id')],
    ['benign', error('input_audio_buffer_commit_empty')],
    ['benign', error('invalid_value', { message: 'Audio content of 800ms is already shorter than 900ms' })],
    ['busy', error('conversation_already_has_active_response')],
    ['fatal', error('invalid_api_key')],
    ['fatal', error('insufficient_quota')],
    ['retry', error('session_expired')],
    ['retry', error(null, { type: 'server_error' })],
    ['odd', error('unknown_parameter')],
    ['odd', error(null)],
  ])('%s: %o', (kind, given) => {
    expect(classifyError(given)).toBe(kind)
  })
  it.each([
    [3000, 'invalid_request_error.invalid_api_key', 'fatal'],
    [4004, 'invalid_request_error.model_not_found', 'fatal'],
    [1001, 'Your session hit the maximum duration of 60 minutes.', 'retry'],
    [1006, '', 'retry'],
    [1011, 'x.insufficient_quota', 'fatal'],
  ])('close %i %s is %s', (code, reason, kind) => {
    expect(classifyClose(code, reason)).toBe(kind)
  })
  it.each([
    [401, 'fatal'],
    [404, 'fatal'],
    [429, 'retry'],
    [503, 'retry'],
  ])('HTTP %i is %s', (status, kind) => {
    expect(classifyStatus(status)).toBe(kind)
  })
})

describe('events of the model', () => {
  it.each([
    [
      { type: 'input_audio_buffer.speech_started', item_id: 'i', audio_start_ms: 12.4, event_id: 'e' },
      { type: 'input_audio_buffer.speech_started', itemId: 'i', audioStartMs: 12 },
    ],
    [
      { type: 'conversation.item.input_audio_transcription.completed', item_id: 'i', transcript: 'はい' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        itemId: 'i',
        transcript: 'はい',
        usage: null,
      },
    ],
    [
      {
        type: 'error',
        error: { type: 't', code: 'c', message: 'm', param: null, event_id: 'mine' },
      },
      { type: 'error', error: { type: 't', code: 'c', message: 'm', param: null, eventId: 'mine' } },
    ],
    [
      { type: 'rate_limits.updated', rate_limits: [] },
      { type: 'unused', name: 'rate_limits.updated' },
    ],
    [{ type: 'weather.changed' }, { type: 'unused', name: 'weather.changed' }],
    [{ type: 'response.done' }, { type: 'malformed', name: 'response.done' }],
    [{ type: 'input_audio_buffer.committed' }, { type: 'malformed', name: 'input_audio_buffer.committed' }],
    [{ hello: 1 }, { type: 'malformed', name: 'no-type' }],
    [[1], { type: 'malformed', name: 'no-type' }],
  ])('%o', (json, expected) => {
    expect(readServerEvent(Buffer.from(JSON.stringify(json)))).toEqual(expected)
  })

  it('are malformed when they are not JSON', () => {
    expect(readServerEvent('{"type":')).toEqual({ type: 'malformed', name: 'not-json' })
  })

  it('tell of a response, its calls, its end and its usage', () => {
    const event = readServerEvent(
      JSON.stringify({
        type: 'response.done',
        response: {
          id: 'resp_1',
          status: 'failed',
          status_details: { type: 'failed', error: { type: 'server_error', code: 'x', message: 'm' } },
          output: [
            { id: 'i1', type: 'message' },
            { id: 'i2', type: 'function_call', call_id: 'c1', name: 'end-call', arguments: '{}' },
            { id: 'i3', type: 'mcp_call' },
            null,
          ],
          metadata: { ask: '3', odd: 4 },
          usage: { total_tokens: 1 },
        },
      }),
    )
    expect(event).toEqual({
      type: 'response.done',
      response: {
        id: 'resp_1',
        status: 'failed',
        reason: null,
        error: { type: 'server_error', code: 'x', message: 'm', param: null, eventId: null },
        output: [
          { id: 'i1', kind: 'message', call: null },
          { id: 'i2', kind: 'function_call', call: { callId: 'c1', name: 'end-call', arguments: '{}' } },
          { id: 'i3', kind: 'other', call: null },
        ],
        metadata: { ask: '3' },
        usage: { total_tokens: 1 },
      },
    })
  })
})
