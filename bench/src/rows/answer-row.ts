import { type Phone, startCarrier, startModel } from '@toritsugi/simulators'
import { newSecrets, openStack } from '../house/stack.ts'
import { quantileOf } from '../measure/statistics.ts'
import type { Bench } from './bench-context.ts'
import { atMost, type Row, shown } from './row.ts'

const BAR_MS = 500
const PARALLEL = 2
const NUMBER = '+815012345600'
/** The assistant has finished when it was silent this long; then the caller speaks. */
const PAUSE_MS = 700
const ANSWER_MS = 10_000
const SAID = [
  '予約をお願いします。',
  '来週の火曜日です。',
  '三時にうかがいます。',
  '二人です。',
  'よろしくお願いします。',
]

/**
 * Last voiced sample at the phone → first sample of the assistant at the phone, through both simulators and the whole
 * stack: the model answers in 150 ms and takes 200 ms of silence for the end of a turn (our default).
 */
export async function answerRow(bench: Bench): Promise<Row> {
  const secrets = newSecrets()
  const model = await startModel({
    manner: { delayMs: 150 },
    brain: [
      { when: { any: true }, say: ['はい、かしこまりました。', '承知しました。', 'ありがとうございます。'] },
    ],
  })
  const carrier = await startCarrier({
    accountSid: secrets.accountSid,
    authToken: secrets.authToken,
    allowInsecureStreams: true,
  })
  const stack = await openStack({
    programs: ['call-control', 'realtime-session', 'media-bridge', 'transcript', 'handoff', 'edge'],
    model: { url: model.url, apiKey: model.apiKey },
    carrierUrl: carrier.url,
    secrets,
  })
  try {
    carrier.setNumber({
      phoneNumber: NUMBER,
      voiceUrl: `${stack.publicUrl}/api/twilio/voice`,
      statusCallback: `${stack.publicUrl}/api/twilio/status`,
    })
    const answers: number[] = []
    const failures: string[] = []
    const rounds = bench.scale.quick ? 1 : 8
    for (let round = 0; round < rounds; round++) {
      const dials = Array.from({ length: PARALLEL }, (_, i) =>
        carrier.dialIn({ from: `+8190${String(round * PARALLEL + i).padStart(8, '0')}`, to: NUMBER }),
      )
      await Promise.all(
        dials.map((phone) =>
          converse(phone, bench.scale.quick ? 2 : SAID.length, answers).catch((error: unknown) => {
            failures.push(String(error))
          }),
        ),
      )
      bench.log(
        `round ${round + 1} of ${rounds}: ${answers.length} answers, p95 ${shown(quantileOf(answers, 0.95), 0)} ms`,
      )
    }
    return rowOf(answers, failures)
  } finally {
    await stack.stop()
    await carrier.stop()
    await model.stop()
  }
}

/** One call: the greeting, then questions and answers. */
async function converse(phone: Phone, turns: number, answers: number[]): Promise<void> {
  try {
    await phone.waitForAnswer(ANSWER_MS)
    await phone.waitToHear(/./, { band: 'assistant', timeoutMs: ANSWER_MS })
    for (let turn = 0; turn < turns; turn++) {
      await phone.waitForSilence(PAUSE_MS)
      const words = phone.heard.length
      await phone.say(SAID[turn % SAID.length] as string)
      const spokenUntil = phone.lastVoicedMs
      if (spokenUntil === undefined) throw new Error('the phone said nothing')
      answers.push((await firstSound(phone, spokenUntil)) - spokenUntil)
      await phone.waitForSilence(PAUSE_MS)
      // Sound alone is no answer: it has to be words of the assistant.
      const answer = phone.heard.slice(words).filter(({ band }) => band === 'assistant')
      if (answer.length === 0 || answer.some(({ damaged }) => damaged))
        throw new Error('the answer was not understood')
    }
  } finally {
    if (phone.state !== 'over') phone.hangUp()
  }
}

/** Time of the first sound at the ear after another time, on the phone's clock. */
async function firstSound(phone: Phone, afterMs: number): Promise<number> {
  const deadline = performance.now() + ANSWER_MS
  for (;;) {
    const found = phone.firstSoundAfter(afterMs)
    if (found !== undefined) return found
    if (phone.state === 'over') throw new Error('the call ended before the answer')
    if (performance.now() > deadline) throw new Error('the answer was not heard')
    await phone.waitUntil(phone.ms + 20)
  }
}

function rowOf(answers: readonly number[], failures: readonly string[]): Row {
  const p50 = quantileOf(answers, 0.5)
  const p95 = quantileOf(answers, 0.95)
  return {
    id: 'answer',
    what: 'last voiced sample at the phone → first assistant sample at the phone, model answering in 150 ms',
    bar: `p95 ≤ ${BAR_MS} ms`,
    measured: `p50 ${shown(p50, 0)} ms, p95 ${shown(p95, 0)} ms (${answers.length} answers)`,
    verdict: failures.length > 0 ? 'fell short' : atMost(p95, BAR_MS),
    notes: [...new Set(failures)],
    figures: { answers },
  }
}
