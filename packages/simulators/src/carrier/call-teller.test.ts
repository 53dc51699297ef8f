import { describe, expect, it } from 'vitest'
import { CallTeller } from './call-teller.ts'
import type { ToldEvent } from './simulated-call.ts'

const at = '2026-11-21T00:00:00.000Z'
const word = (text: string, startMs: number, glued = false): ToldEvent => ({
  of: 'phone',
  event: {
    type: 'heard',
    ms: startMs + 200,
    at,
    word: { text, startMs, endMs: startMs + 200, damaged: false, glued, band: 'assistant' },
  },
})

describe('telling a call', () => {
  it('makes sentences of words, at pauses and full stops', () => {
    const teller = new CallTeller()
    const lines = [
      word('Hello', 1000),
      word('there.', 1200),
      word('お電話', 1400),
      word('ありがとう。', 1600, true),
      word('How', 1800),
      word('are', 3000),
    ].flatMap((event) => teller.tell(event))
    lines.push(...teller.tell({ of: 'phone', event: { type: 'over', end: 'other-side', ms: 4000, at } }))
    expect(lines).toEqual([
      '  1.00  hears     Hello there.',
      '  1.40  hears     お電話ありがとう。',
      '  1.80  hears     How',
      '  3.00  hears     are',
      '  4.00  phone     over: other-side',
    ])
    expect(teller.troubles).toBe(0)
  })

  it('tells who answered, and of recordings', () => {
    const teller = new CallTeller()
    const told: ToldEvent[] = [
      { of: 'call', event: { at, ms: 1, type: 'answered-by', answeredBy: 'human', afterMs: 1500 } },
      { of: 'call', event: { at, ms: 1, type: 'recording', status: 'completed', recordingSid: 'RE1' } },
      { of: 'phone', event: { at, ms: 2000, type: 'records' } },
    ]
    expect(told.flatMap((event) => teller.tell(event))).toEqual([
      '        answered by: human',
      '        recording: completed',
      '  2.00  phone     records a message',
    ])
  })

  it('counts what went wrong', () => {
    const teller = new CallTeller()
    const entry = { at, level: 'error', code: '31920', message: 'No' } as const
    expect(teller.tell({ of: 'debugger', event: entry })).toEqual(['        debugger: error 31920 No'])
    expect(
      teller.tell({ of: 'phone', event: { type: 'script-failed', message: 'Late', ms: 1, at } }),
    ).toHaveLength(1)
    expect(teller.troubles).toBe(2)
  })
})
