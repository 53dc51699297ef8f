import { describe, expect, it } from 'vitest'
import {
  clearPlayback,
  deltaSent,
  heardOf,
  isHeard,
  isSilent,
  markEchoed,
  marksGivenUp,
  type Playback,
  queuedMs,
  silentPlayback,
} from './playback.ts'

/** Times are stream ms. */
type Happening =
  | ['sent', at: number, item: number, deltaMs: number, itemMs: number]
  | ['echo', at: number, item: number, itemMs: number, generation?: number]
  | ['clear', at: number]
  | ['look', at: number]

function play(happenings: readonly Happening[]): Playback {
  const p = silentPlayback()
  for (const h of happenings) {
    if (h[0] === 'sent') deltaSent(p, h[2], h[3], h[4], h[1])
    else if (h[0] === 'echo') markEchoed(p, { generation: h[4] ?? 1, item: h[2], ms: h[3] }, h[1])
    else if (h[0] === 'clear') clearPlayback(p, h[1])
    else marksGivenUp(p, h[1])
  }
  return p
}

describe('heard', () => {
  const stories: [string, Happening[], at: number, item: number, heard: number, queued: number][] = [
    ['nothing was sent', [], 500, 1, 0, 0],
    ['just sent', [['sent', 100, 1, 400, 400]], 100, 1, 0, 400],
    ['the clock carries on', [['sent', 100, 1, 400, 400]], 250, 1, 150, 250],
    ['never beyond the mark that is out', [['sent', 100, 1, 400, 400]], 900, 1, 400, 0],
    [
      'the next delta waits behind the first',
      [
        ['sent', 100, 1, 400, 400],
        ['sent', 110, 1, 300, 700],
      ],
      600,
      1,
      400,
      300,
    ],
    [
      'an echo moves on to the next delta',
      [
        ['sent', 100, 1, 400, 400],
        ['sent', 110, 1, 300, 700],
        ['echo', 520, 1, 400],
      ],
      600,
      1,
      480,
      220,
    ],
    [
      'a lost mark is made up for by the one after it',
      [
        ['sent', 100, 1, 400, 400],
        ['sent', 110, 1, 300, 700],
        ['echo', 830, 1, 700],
      ],
      840,
      1,
      700,
      0,
    ],
    [
      'a repeated echo says nothing',
      [
        ['sent', 100, 1, 400, 400],
        ['sent', 110, 1, 300, 700],
        ['echo', 500, 1, 400],
        ['echo', 650, 1, 400],
      ],
      700,
      1,
      600,
      100,
    ],
    [
      'two items: the second has not begun',
      [
        ['sent', 0, 1, 400, 400],
        ['sent', 10, 2, 300, 300],
      ],
      350,
      2,
      0,
      350,
    ],
    [
      'two items: the second is being played',
      [
        ['sent', 0, 1, 400, 400],
        ['sent', 10, 2, 300, 300],
        ['echo', 400, 1, 400],
      ],
      500,
      2,
      100,
      200,
    ],
    [
      'after a pause the clock begins anew',
      [
        ['sent', 0, 1, 400, 400],
        ['echo', 400, 1, 400],
        ['sent', 2000, 1, 300, 700],
      ],
      2100,
      1,
      500,
      200,
    ],
    [
      'an underrun whose echo is still on its way',
      [
        ['sent', 0, 1, 400, 400],
        ['sent', 600, 1, 300, 700],
        ['echo', 610, 1, 400],
      ],
      700,
      1,
      490,
      210,
    ],
    [
      'a clear fixes what was heard, and its echoes say nothing',
      [
        ['sent', 0, 1, 400, 400],
        ['sent', 0, 1, 400, 800],
        ['echo', 400, 1, 400],
        ['clear', 550],
        ['echo', 551, 1, 800],
      ],
      2000,
      1,
      550,
      0,
    ],
    [
      'what was queued behind a cut was never heard',
      [
        ['sent', 0, 1, 400, 400],
        ['sent', 0, 2, 400, 400],
        ['clear', 100],
      ],
      2000,
      2,
      0,
      0,
    ],
    [
      'after a clear new audio is heard at once',
      [
        ['sent', 0, 1, 4000, 4000],
        ['clear', 100],
        ['sent', 300, 2, 400, 400],
      ],
      400,
      2,
      100,
      300,
    ],
    [
      'marks that never come back are given up',
      [
        ['sent', 0, 1, 400, 400],
        ['look', 2390],
        ['look', 2400],
      ],
      2400,
      1,
      400,
      0,
    ],
  ]
  it.each(stories)('%s', (_story, happenings, at, item, heard, queued) => {
    const p = play(happenings)
    expect(heardOf(p, item, at)).toBe(heard)
    expect(queuedMs(p, at)).toBe(queued)
  })

  it('is silent when every mark came back, and knows when', () => {
    const p = play([
      ['sent', 0, 1, 400, 400],
      ['sent', 0, 1, 400, 800],
    ])
    expect([isSilent(p), isHeard(p, 1)]).toEqual([false, false])
    markEchoed(p, { generation: 1, item: 1, ms: 800 }, 810)
    expect([isSilent(p), isHeard(p, 1), p.lastHeardAtMs]).toEqual([true, true, 810])
  })

  it('gives up lost marks only when their time is long over, and says when it was', () => {
    const p = play([['sent', 1000, 1, 400, 400]])
    expect(marksGivenUp(p, 3399)).toBe(false)
    expect(marksGivenUp(p, 3400)).toBe(true)
    expect(p.lastHeardAtMs).toBe(1400)
    expect(marksGivenUp(p, 3400)).toBe(false)
  })

  it('knows the items a clear cut, oldest first, and leaves finished ones alone', () => {
    const p = play([
      ['sent', 0, 1, 400, 400],
      ['sent', 0, 2, 400, 400],
      ['sent', 0, 3, 400, 400],
      ['echo', 400, 1, 400],
    ])
    expect(clearPlayback(p, 500)).toEqual([2, 3])
    expect([heardOf(p, 1, 500), heardOf(p, 2, 500), heardOf(p, 3, 500)]).toEqual([400, 100, 0])
  })

  it('knows where an item that waits in the queue will begin', () => {
    const p = play([
      ['sent', 1000, 1, 400, 400],
      ['sent', 1100, 2, 400, 400],
    ])
    expect([p.items.get(1)?.startMs, p.items.get(2)?.startMs]).toEqual([1000, 1400])
  })
})
