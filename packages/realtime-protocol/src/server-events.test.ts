import { describe, expect, it } from 'vitest'
import { readServerEvent } from './server-events.ts'

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
