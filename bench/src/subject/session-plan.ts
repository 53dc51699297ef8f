import { newId, type SessionPlan } from '@toritsugi/contracts'

/** The plan of a call: what a real one has, and the number of the call in a load in its instructions. */
export function benchPlan(callId: SessionPlan['callId'], index: number | null): SessionPlan {
  const mark = index === null ? '' : `bench-call-${index}.`
  return {
    callId,
    assistantId: newId('asst'),
    assistantVersion: 1,
    language: 'ja-JP',
    model: 'gpt-realtime-2.1',
    accepts: { reasoning: true, parallelToolCalls: true },
    voice: 'marin',
    instructions: `あなたは電話の受付です。ていねいに、短く答えてください。${mark}`,
    tools: [
      {
        name: 'take-message',
        description: 'Writes down a message.',
        parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
        timeoutMs: 5000,
      },
    ],
    turnDetection: { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 },
    transcription: { model: 'gpt-4o-mini-transcribe', language: 'ja' },
    maxOutputTokens: 'inf',
    greeting: 'お電話ありがとうございます。取次でございます。ご用件をどうぞ。',
    phrases: {
      filler: '少々お待ちください。',
      bridging: '失礼いたしました。続けてどうぞ。',
      reprompt: 'もしもし、お聞きになれますか。',
      goodbye: 'お電話ありがとうございました。失礼いたします。',
    },
    // The bench's callers speak in time: the watchdog has its clock, but nothing to say.
    callerSilence: { repromptAfterMs: 60_000, reprompts: 2 },
    slowToolMs: 1500,
  }
}
