import { describe, expect, it } from 'vitest'
import { frameCame, silenceDue, streamClock, streamNow } from './stream-clock.ts'

describe('the stream clock', () => {
  it('follows the timestamps, and the time since the last one', () => {
    const clock = streamClock(1000)
    expect(streamNow(clock, 1050)).toBe(50)
    frameCame(clock, 40, 20, 1065)
    expect(streamNow(clock, 1065)).toBe(60)
    expect(streamNow(clock, 1095)).toBe(90)
  })
})

describe('silence before a frame', () => {
  const stories: [string, frames: [timestamp: number, length: number][], fills: number[]][] = [
    [
      'none while frames follow each other',
      [
        [0, 20],
        [20, 20],
        [40, 20],
      ],
      [0, 0, 0],
    ],
    [
      'none for the carrier’s rounding',
      [
        [5, 20],
        [27, 20],
        [45, 20],
      ],
      [0, 0, 0],
    ],
    [
      'one lost frame',
      [
        [0, 20],
        [40, 20],
      ],
      [0, 20],
    ],
    [
      'a pause of the carrier',
      [
        [0, 20],
        [1500, 20],
      ],
      [0, 1480],
    ],
    [
      'never more than ten seconds',
      [
        [0, 20],
        [60_000, 20],
        [60_020, 20],
      ],
      [0, 10_000, 0],
    ],
    [
      'none for frames that come late',
      [
        [0, 20],
        [100, 20],
        [60, 20],
        [120, 20],
      ],
      [0, 80, 0, 0],
    ],
  ]
  it.each(stories)('%s', (_story, frames, fills) => {
    const clock = streamClock(0)
    expect(frames.map(([timestamp, length], n) => frameCame(clock, timestamp, length, n * 20))).toEqual(fills)
  })
})

describe('silence while nothing comes', () => {
  it('begins at 300 ms, keeps up with the time, and ends at ten seconds', () => {
    const clock = streamClock(0)
    frameCame(clock, 0, 20, 20)
    expect(silenceDue(clock, 319)).toBe(0)
    expect(silenceDue(clock, 320)).toBe(300)
    expect(silenceDue(clock, 420)).toBe(100)
    let total = 400
    for (let now = 520; now < 20_000; now += 100) total += silenceDue(clock, now)
    expect(total).toBe(10_000)
  })

  it('is not given twice when media returns', () => {
    const clock = streamClock(0)
    frameCame(clock, 0, 20, 20)
    expect(silenceDue(clock, 420)).toBe(400)
    expect(frameCame(clock, 500, 20, 520)).toBe(80)
    expect(silenceDue(clock, 600)).toBe(0)
    expect(frameCame(clock, 520, 20, 621)).toBe(0)
  })

  it('is not followed by silence for audio that was only late', () => {
    const clock = streamClock(0)
    frameCame(clock, 0, 20, 20)
    expect(silenceDue(clock, 520)).toBe(500)
    for (let n = 1; n < 26; n++) expect(frameCame(clock, n * 20, 20, 530)).toBe(0)
  })
})
