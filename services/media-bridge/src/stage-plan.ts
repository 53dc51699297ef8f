import type { CallId, SessionPlan } from '@toritsugi/contracts'

/** What calls of the stage are planned to be, unless a test says otherwise. */
export const stagePlan = (callId: CallId): SessionPlan => ({
  callId,
  assistantId: `asst_${'1'.repeat(32)}` as SessionPlan['assistantId'],
  assistantVersion: 1,
  language: 'en-US',
  model: 'gpt-realtime-2.1',
  accepts: { reasoning: true, parallelToolCalls: true },
  voice: 'marin',
  instructions: 'You answer the telephone of a bakery, in English.',
  tools: [
    {
      name: 'end-call',
      description: 'Ends the call.',
      parameters: { type: 'object', properties: {} },
      timeoutMs: 2000,
    },
    {
      name: 'look-up',
      description: 'Looks something up.',
      parameters: { type: 'object', properties: {} },
      timeoutMs: 5000,
    },
  ],
  turnDetection: { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 },
  transcription: { model: 'gpt-4o-mini-transcribe', language: 'en' },
  maxOutputTokens: 4096,
  greeting: 'Hello, this is the bakery.',
  phrases: {
    filler: 'One moment please.',
    bridging: 'Sorry, I am back.',
    reprompt: 'Are you still there?',
    goodbye: 'Goodbye then.',
  },
  callerSilence: { repromptAfterMs: 20_000, reprompts: 1 },
  slowToolMs: 1500,
})
