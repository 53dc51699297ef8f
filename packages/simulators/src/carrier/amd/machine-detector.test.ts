import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { toneOf } from '../phone/machines.ts'
import { type DetectionSettings, MachineDetector } from './machine-detector.ts'

const ENABLE: DetectionSettings = {
  untilMessageEnd: false,
  timeoutMs: 30_000,
  speechThresholdMs: 2400,
  speechEndThresholdMs: 1200,
  silenceTimeoutMs: 5000,
}
const MESSAGE_END = { ...ENABLE, untilMessageEnd: true }

const silence = (ms: number) => new Int16Array(ms * 8)
const hello = speak('Hello?', 'human')
const greeting = speak(
  'You have reached the voicemail of a person who is not here, please leave a message after the tone',
  'human',
)
const beep = toneOf([1000], 500)

function detect(settings: DetectionSettings, ...sounds: Int16Array[]) {
  const detector = new MachineDetector(settings)
  for (const pcm of [...sounds, silence(60_000)]) {
    for (let at = 0; at < pcm.length; at += 160) {
      const answeredBy = detector.push(pcm.subarray(at, at + 160))
      if (answeredBy) return { answeredBy, ms: detector.ms }
    }
  }
  return undefined
}

describe('who answered', () => {
  it.each([
    ['a word and a pause', ENABLE, [hello], 'human', 1300, 2000],
    ['a word and a pause', MESSAGE_END, [hello], 'human', 1300, 2000],
    ['words with little pauses', ENABLE, [hello, silence(800), hello], 'human', 2000, 3500],
    ['a long sentence', ENABLE, [greeting], 'machine_start', 2400, 2500],
    [
      'speech with little pauses',
      ENABLE,
      [hello, silence(900), hello, silence(900), hello],
      'machine_start',
      2400,
      3000,
    ],
    ['a greeting and a beep', MESSAGE_END, [greeting, silence(300), beep], 'machine_end_beep', 4000, 6000],
    ['a greeting and nothing', MESSAGE_END, [greeting], 'machine_end_silence', 4500, 6000],
    [
      'a greeting and a chord',
      MESSAGE_END,
      [greeting, toneOf([480, 620], 400)],
      'machine_end_other',
      4000,
      5500,
    ],
    ['a short greeting and a beep', MESSAGE_END, [hello, silence(200), beep], 'machine_end_beep', 900, 1500],
    ['a beep alone', ENABLE, [silence(500), beep], 'machine_start', 1000, 1100],
    ['a dial tone without end', MESSAGE_END, [toneOf([350, 440], 10_000)], 'machine_end_other', 3000, 3100],
    ['a called fax', ENABLE, [silence(200), toneOf([2100], 3000)], 'fax', 600, 700],
    ['a calling fax', MESSAGE_END, [toneOf([1100], 500)], 'fax', 400, 500],
    ['silence', ENABLE, [], 'unknown', 5000, 5000],
    ['a greeting without end', { ...MESSAGE_END, timeoutMs: 3000 }, [greeting], 'unknown', 3000, 3000],
    ['a click', ENABLE, [beep.subarray(0, 320)], 'unknown', 5000, 5100],
  ] as const)('%s: %#', (_, settings, sounds, answeredBy, fromMs, toMs) => {
    const detected = detect(settings, ...sounds)
    expect(detected?.answeredBy).toBe(answeredBy)
    expect(detected?.ms).toBeGreaterThanOrEqual(fromMs)
    expect(detected?.ms).toBeLessThanOrEqual(toMs)
  })

  it('follows its thresholds', () => {
    const eager = { ...ENABLE, speechThresholdMs: 1000, speechEndThresholdMs: 500, silenceTimeoutMs: 2000 }
    expect(detect(eager, hello)?.ms).toBeLessThan(1300)
    expect(detect(eager, hello, silence(400), hello, silence(400), hello)?.answeredBy).toBe('machine_start')
    expect(detect(eager)).toEqual({ answeredBy: 'unknown', ms: 2000 })
  })
})
