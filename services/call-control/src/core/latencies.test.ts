import { expect, it } from 'vitest'
import { latenciesOf, type TimedFact } from './latencies.ts'

const turn = (responseMs: number | null, ourShareMs: number | null, by = 'assistant'): TimedFact => ({
  type: 'turn.ended',
  data: { by, responseMs, ourShareMs },
})

it.each<[string, TimedFact[], object]>([
  [
    'nothing',
    [],
    { turns: 0, responseMsP50: null, responseMsP95: null, ourShareMsP95: null, greetingMs: null },
  ],
  ['one turn', [turn(300, 20)], { turns: 1, responseMsP50: 300, responseMsP95: 300, ourShareMsP95: 20 }],
  [
    'turns that answered nothing do not count',
    [turn(null, null), turn(300, 20, 'caller'), turn(200, null)],
    { turns: 1, responseMsP50: 200, ourShareMsP95: null },
  ],
  [
    'many',
    Array.from({ length: 100 }, (_, i) => turn(100 - i, i)),
    { turns: 100, responseMsP50: 50, responseMsP95: 95, ourShareMsP95: 94 },
  ],
  [
    'the first greeting',
    [
      { type: 'greeting.started', data: { sinceStartMs: 140, modelMs: 90 } },
      { type: 'greeting.started', data: { sinceStartMs: 900, modelMs: 90 } },
    ],
    { greetingMs: 140 },
  ],
])('%s', (_, facts, expected) => {
  expect(latenciesOf(facts)).toMatchObject(expected)
})
