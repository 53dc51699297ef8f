import { describe, expect, it } from 'vitest'
import { ended, started, storyStart, told, transcribed, turnId, unheard } from './stories.ts'
import { recordTurn, type TurnFact } from './turn-record.ts'

function permutations<T>(all: T[]): T[][] {
  return all.length <= 1
    ? [all]
    : all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

describe('one turn, told by its facts', () => {
  it('is the same whatever the order of its facts, and however often they come', () => {
    const facts: [TurnFact, number][] = [
      [started(1), 1],
      [ended(1, null), 2],
      [transcribed(1, 'hello'), 3],
      [unheard(1), 4],
    ]
    const expected = told(...facts)
    expect(expected).toEqual({
      turnId: turnId(1),
      epoch: 1,
      place: 1,
      by: 'caller',
      form: 'speech',
      text: 'hello',
      words: 'known',
      startMs: 1000,
      endMs: 1500,
      heardMs: null,
      interrupted: false,
      approximate: false,
      streamStartAt: storyStart,
      endedSequence: 2,
    })
    for (const order of permutations(facts)) {
      expect(told(...order)).toEqual(expected)
      expect(told(...order, ...order)).toEqual(expected)
    }
  })

  it('believes the later of two ends, by sequence and not by arrival', () => {
    const whole = ended(1, 'I can help you', { by: 'assistant' })
    const cut = ended(1, 'I can', { by: 'assistant', interrupted: true, heardMs: 300 })
    for (const turn of [told([whole, 4], [cut, 6]), told([cut, 6], [whole, 4])]) {
      expect(turn).toMatchObject({ text: 'I can', interrupted: true, heardMs: 300 })
    }
  })

  it('is given up only while its words have not come', () => {
    expect(told(started(1), unheard(1)).words).toBe('lost')
    expect(told(started(1), unheard(1), transcribed(1, 'late')).words).toBe('known')
  })

  it('is not touched by a fact of another epoch', () => {
    const turn = told(started(1), ended(1, 'mine'))
    for (const fact of [ended(1, 'other', { epoch: 2 }), transcribed(1, 'other', 2), unheard(1, 2)]) {
      expect(recordTurn(turn, fact, { at: 0, sequence: 99 })).toBe(turn)
    }
  })
})
