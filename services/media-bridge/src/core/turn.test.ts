import { describe, expect, it } from 'vitest'
import { stepTurn, type Turn, type TurnEvent } from './turn.ts'

describe('whose turn it is', () => {
  const speech = (cut = false): TurnEvent => ({ type: 'speech.started', cut })
  const stopped = (at: number): TurnEvent => ({ type: 'speech.stopped', at })
  const audio = (at: number, receivedAt = at): TurnEvent => ({ type: 'first-audio', at, receivedAt })
  const stories: [string, TurnEvent[], Turn['is'], answered: [number, number] | null][] = [
    ['a greeting answers nobody', [audio(100)], 'speaking', null],
    ['an answer is measured', [speech(), stopped(1000), audio(1302, 1300)], 'speaking', [302, 2]],
    [
      'a tool is our part of it',
      [
        speech(),
        stopped(1000),
        { type: 'model.yielded', at: 1200 },
        { type: 'asked', at: 1700 },
        audio(2001, 2000),
      ],
      'speaking',
      [1001, 501],
    ],
    ['the caller goes on', [speech(), stopped(1000), speech()], 'hearing', null],
    ['a cut', [audio(0), speech(true)], 'interrupted', null],
    ['all was heard', [audio(0), { type: 'silent' }], 'listening', null],
    ['silence before an answer is not its end', [speech(), stopped(5), { type: 'silent' }], 'thinking', null],
    ['more audio is no new answer', [speech(), stopped(0), audio(100), audio(200)], 'speaking', [100, 0]],
    [
      'asking while the model thinks',
      [speech(), stopped(0), { type: 'asked', at: 50 }, audio(100)],
      'speaking',
      [100, 0],
    ],
    [
      'yielding when nobody waits',
      [
        { type: 'model.yielded', at: 1 },
        { type: 'asked', at: 2 },
      ],
      'listening',
      null,
    ],
  ]
  it.each(stories)('%s', (_story, events, is, answered) => {
    let turn: Turn = { is: 'listening' }
    let told: [number, number] | null = null
    for (const event of events) {
      const { state, commands } = stepTurn(turn, event)
      turn = state
      for (const { responseMs, ourShareMs } of commands) told = [responseMs, ourShareMs]
    }
    expect(turn.is).toBe(is)
    expect(told).toEqual(answered)
  })
})
