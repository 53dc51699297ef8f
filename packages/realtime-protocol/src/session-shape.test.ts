import type { SessionPlan } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { buildSessionUpdate, checkSessionUpdated, sessionFacts, turnDetectionOf } from './session-shape.ts'

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
