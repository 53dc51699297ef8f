import { describe, expect, it } from 'vitest'
import { quietVad, semanticSilenceMs, speechLikelihood, stepVad, type Vad, type VadFact } from './vad.ts'

const SPEECH = -20
const SILENCE = -90

/** Runs levels of 20 ms frames through the machine; a pair is [dBFS, how many frames]. */
function hear(
  levels: readonly [number, number][],
  rules = { threshold: 0.5, prefixMs: 300, silenceMs: 200 },
) {
  const facts: VadFact[] = []
  let vad: Vad = quietVad()
  let endMs = 0
  for (const [dbfs, count] of levels) {
    for (let frame = 0; frame < count; frame += 1) {
      endMs += 20
      const step = stepVad(vad, { ...rules, silenceMs: () => rules.silenceMs }, { endMs, frameMs: 20, dbfs })
      vad = step.vad
      if (step.fact) facts.push(step.fact)
    }
  }
  return facts
}

describe('voice activity', () => {
  it.each<[string, readonly [number, number][], VadFact[]]>([
    ['silence is silence', [[SILENCE, 100]], []],
    [
      'a click is not speech',
      [
        [SILENCE, 50],
        [SPEECH, 2],
        [SILENCE, 50],
      ],
      [],
    ],
    [
      'a turn starts before its first voiced frame and holds its silence',
      [
        [SILENCE, 50],
        [SPEECH, 25],
        [SILENCE, 20],
      ],
      [
        { type: 'started', startMs: 700 },
        { type: 'stopped', endMs: 1700 },
      ],
    ],
    ['a turn cannot start before the audio', [[SPEECH, 5]], [{ type: 'started', startMs: 0 }]],
    [
      'a short pause does not end a turn',
      [
        [SPEECH, 20],
        [SILENCE, 9],
        [SPEECH, 20],
        [SILENCE, 10],
      ],
      [
        { type: 'started', startMs: 0 },
        { type: 'stopped', endMs: 1180 },
      ],
    ],
    [
      'padding never reaches into the turn before',
      [
        [SPEECH, 10],
        [SILENCE, 12],
        [SPEECH, 10],
      ],
      [
        { type: 'started', startMs: 0 },
        { type: 'stopped', endMs: 400 },
        { type: 'started', startMs: 400 },
      ],
    ],
    ['without silence nothing stops', [[SPEECH, 500]], [{ type: 'started', startMs: 0 }]],
  ])('%s', (_, levels, facts) => {
    expect(hear(levels)).toEqual(facts)
  })

  it('waits as long as silence_duration_ms says', () => {
    const levels: [number, number][] = [
      [SPEECH, 10],
      [SILENCE, 24],
      [SPEECH, 10],
      [SILENCE, 25],
    ]
    const facts = hear(levels, { threshold: 0.5, prefixMs: 0, silenceMs: 500 })
    expect(facts).toEqual([
      { type: 'started', startMs: 0 },
      { type: 'stopped', endMs: 1380 },
    ])
  })

  it('hears quiet speech only with a low threshold', () => {
    const levels: [number, number][] = [[-50, 10]]
    expect(hear(levels, { threshold: 0.2, prefixMs: 0, silenceMs: 200 })).toHaveLength(1)
    expect(hear(levels, { threshold: 0.5, prefixMs: 0, silenceMs: 200 })).toHaveLength(0)
  })

  it('is sure of loud frames and of silent ones', () => {
    expect(speechLikelihood(-15)).toBeGreaterThan(0.99)
    expect(speechLikelihood(-80)).toBeLessThan(0.01)
  })

  it('answers what sounds finished sooner than what does not', () => {
    expect(semanticSilenceMs('low', 'I would like to')).toBe(8000)
    expect(semanticSilenceMs('auto', 'I would like to')).toBe(4000)
    expect(semanticSilenceMs('high', '担当者に')).toBe(2000)
    expect(semanticSilenceMs('low', 'A person, please.')).toBe(300)
    expect(semanticSilenceMs('low', '田中です')).toBe(300)
  })
})
