import { describe, expect, it } from 'vitest'
import { decideOrder, type OrderDecision } from './order.ts'

describe('the order of one call and source', () => {
  const rows: [string, Parameters<typeof decideOrder>[0], OrderDecision][] = [
    ['the first', { last: null, sequence: 1, waitedMs: 0, gapIsReal: true }, 'apply'],
    ['the next', { last: 4, sequence: 5, waitedMs: 0, gapIsReal: true }, 'apply'],
    ['the same', { last: 4, sequence: 4, waitedMs: 0, gapIsReal: true }, 'drop'],
    [
      'a lower one, however long it waited',
      { last: 4, sequence: 2, waitedMs: 9999, gapIsReal: true },
      'drop',
    ],
    ['a gap', { last: 4, sequence: 6, waitedMs: 0, gapIsReal: true }, 'park'],
    ['a gap at the start', { last: null, sequence: 2, waitedMs: 0, gapIsReal: true }, 'park'],
    ['a gap just within its time', { last: 4, sequence: 6, waitedMs: 4999, gapIsReal: true }, 'park'],
    ['a gap that took too long', { last: 4, sequence: 6, waitedMs: 5000, gapIsReal: true }, 'apply'],
    ['a gap of facts for others', { last: 4, sequence: 9, waitedMs: 0, gapIsReal: false }, 'apply'],
    ['a shorter limit', { last: 4, sequence: 6, waitedMs: 100, gapIsReal: true, limitMs: 100 }, 'apply'],
  ]
  it.each(rows)('%s', (_story, message, decision) => {
    expect(decideOrder(message)).toBe(decision)
  })
})
