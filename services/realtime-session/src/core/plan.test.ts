import { AssistantContent, type AssistantId, type CallId, PlanReply } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { makePlan, type PlanInputs } from './plan.ts'

const callId = `call_${'1'.repeat(32)}` as CallId
const id = `asst_${'2'.repeat(32)}` as AssistantId

const inputs = (
  content: Partial<AssistantContent> = {},
  policy: Partial<PlanInputs['policy']> = {},
): PlanInputs => ({
  callId,
  direction: 'inbound',
  assistant: {
    id,
    version: 3,
    content: { ...AssistantContent.parse({ name: 'Reception', settings: {} }), ...content },
  },
  tools: [{ name: 'end-call', description: 'Ends the call', parameters: {}, timeoutMs: 5000 }],
  policy: {
    realtimeEnabled: true,
    model: 'gpt-realtime-2.1',
    transcriptionModel: 'gpt-4o-mini-transcribe',
    maxOutputTokens: 'inf',
    slowToolMs: 1500,
    ...policy,
  },
  at: '2026-11-21T00:00:00.000Z',
})

describe('a plan', () => {
  it('holds everything the voice needs, and fits its contract', () => {
    const reply = makePlan(inputs())
    expect(PlanReply.parse(reply)).toEqual(reply)
    expect(reply).toMatchObject({
      mode: 'realtime',
      modeReason: 'realtime.available',
      assistantVersion: 3,
      language: 'ja-JP',
      plan: {
        callId,
        model: 'gpt-realtime-2.1',
        accepts: { reasoning: true, parallelToolCalls: true },
        voice: 'marin',
        transcription: { model: 'gpt-4o-mini-transcribe', language: 'ja' },
        turnDetection: { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 },
      },
    })
  })

  it('takes the model of the assistant before that of the configuration', () => {
    expect(makePlan(inputs({ model: 'gpt-realtime-1.5' })).plan).toMatchObject({
      model: 'gpt-realtime-1.5',
      accepts: { reasoning: false, parallelToolCalls: false },
    })
  })

  it('is only an apology when the voice is switched off', () => {
    const reply = makePlan(inputs({}, { realtimeEnabled: false }))
    expect(PlanReply.parse(reply)).toMatchObject({ mode: 'message', modeReason: 'kill-switch', plan: null })
    expect(reply.apology).toMatch(/発信音/)
  })

  it('uses successors of models that have ended, for the voice and for writing down', () => {
    const late = { ...inputs({ model: 'gpt-realtime-mini' }), at: '2027-04-01T00:00:00.000Z' }
    expect(makePlan(late)).toMatchObject({
      modeReason: 'realtime.successor-used',
      plan: { model: 'gpt-realtime-2.1-mini', transcription: { model: 'gpt-transcribe' } },
    })
  })

  it('leaves writing down out when there is no model for it', () => {
    expect(makePlan(inputs({}, { transcriptionModel: null })).plan?.transcription).toBeNull()
  })
})
