import { describe, expect, it } from 'vitest'
import { type CallerSilence, newSilence, type SilenceEvent, stepSilence } from './caller-silence.ts'

describe('a silent caller', () => {
  const tick = (at: number, since: number | null): SilenceEvent => ({
    type: 'ticked',
    at,
    since,
    repromptAfterMs: 8000,
    mostReprompts: 2,
  })
  const acted: SilenceEvent = { type: 'caller.acted' }
  const stories: [string, SilenceEvent[], string[]][] = [
    ['is not silent while somebody speaks', [tick(0, null), tick(60_000, null)], []],
    ['is asked again', [tick(7999, 0), tick(8000, 0)], ['reprompt']],
    [
      'is asked again twice, then given up',
      [tick(8000, 0), tick(20_000, 12_000), tick(40_000, 30_000)],
      ['reprompt', 'reprompt', 'give-up'],
    ],
    [
      'begins anew when they act',
      [tick(8000, 0), acted, tick(20_000, 12_000), tick(40_000, 30_000), tick(60_000, 50_000)],
      ['reprompt', 'reprompt', 'reprompt', 'give-up'],
    ],
    [
      'is counted from what was last heard',
      [tick(9000, 2000), tick(9999, 2000), tick(10_000, 2000)],
      ['reprompt'],
    ],
  ]
  it.each(stories)('%s', (_story, events, said) => {
    let silence: CallerSilence = newSilence()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepSilence(silence, event)
      silence = state
      told.push(...commands.map(({ type }) => type))
    }
    expect(told).toEqual(said)
  })
})
