import { appendFrame } from '@toritsugi/realtime-protocol'
import { describe, expect, it } from 'vitest'
import { newCounts } from './bridge-metrics.ts'
import { CallerAudio } from './caller-audio.ts'
import type { Batch } from './core/load.ts'
import { streamClock } from './core/stream-clock.ts'
import type { RealtimeSocket } from './realtime-socket.ts'

/** Base64 of 20 ms that all hold the same byte. */
const frameOf = (value: number): Buffer => Buffer.from(Buffer.alloc(160, value).toString('base64'))
const silent = (ms: number): string => Buffer.alloc(ms * 8, 0xff).toString('base64')

/** Takes masked frames apart; the base64 text of each. */
function appendsIn(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let i = 0; i < bytes.length; ) {
    let length = (bytes[i + 1] as number) & 0x7f
    i += 2
    if (length === 126) {
      length = bytes.readUInt16BE(i)
      i += 2
    }
    const payload = Buffer.alloc(length)
    for (let k = 0; k < length; k++)
      payload[k] = (bytes[i + 4 + k] as number) ^ (bytes[i + (k & 3)] as number)
    texts.push(JSON.parse(payload.toString()).audio)
    i += 4 + length
  }
  return texts
}

/** @param hasLeft whether the frame has left as soon as it was written */
function socketInto(writes: Buffer[], hasLeft = false): Pick<RealtimeSocket, 'frames'> {
  const write = (frame: Buffer): boolean => {
    writes.push(frame)
    return hasLeft
  }
  return { frames: { write } }
}

function audio(batch: Batch = 1) {
  const writes: Buffer[] = []
  const counts = newCounts()
  const clock = streamClock(performance.now())
  const caller = new CallerAudio({ clock, counts, batch: () => batch })
  const socket = socketInto(writes)
  const frame = (value: number, timestampMs: number): void => {
    const bytes = frameOf(value)
    caller.frame(bytes, 0, bytes.length, timestampMs)
  }
  return { caller, socket, frame, counts, writes, texts: () => writes.flatMap(appendsIn) }
}

describe('the caller’s audio', () => {
  it('goes on frame by frame, each in one write, unaltered', () => {
    const { caller, socket, frame, writes, texts } = audio()
    caller.connect(socket)
    for (let n = 0; n < 3; n++) frame(n, n * 20)
    expect(writes).toHaveLength(3)
    expect(texts()).toEqual([0, 1, 2].map((n) => frameOf(n).toString()))
    expect([caller.sessionMs(), caller.totalMs()]).toEqual([60, 60])
  })

  it('is kept until there is a session, and goes first then', () => {
    const { caller, socket, frame, texts } = audio()
    frame(1, 0)
    frame(2, 20)
    caller.connect(socket)
    frame(3, 40)
    expect(texts()).toEqual([1, 2, 3].map((n) => frameOf(n).toString()))
    expect(caller.sessionMs()).toBe(60)
  })

  it('is kept for ten seconds at the most, the oldest dropped and counted', () => {
    const { caller, socket, frame, texts, counts } = audio()
    for (let n = 0; n < 600; n++) frame(n % 200, n * 20)
    expect([counts.dropped['caller-kept-too-long'], caller.dropped()]).toEqual([100, 100])
    caller.connect(socket)
    expect(texts()).toHaveLength(500)
    expect(texts()[0]).toBe(frameOf(100).toString())
  })

  it('has silence where the carrier left something out', () => {
    const { caller, socket, frame, texts, counts } = audio()
    caller.connect(socket)
    frame(1, 0)
    frame(2, 270)
    expect(texts()).toEqual([
      frameOf(1).toString(),
      silent(100),
      silent(100),
      silent(50),
      frameOf(2).toString(),
    ])
    expect(counts.silenceMs).toBe(250)
    expect(caller.sessionMs()).toBe(290)
  })

  it.each<[Batch, number[]]>([
    [2, [2, 2, 1]],
    [3, [3, 2]],
  ])('goes %i appends a write under load, whole and in order', (batch, sizes) => {
    const { caller, socket, frame, writes, texts } = audio(batch)
    caller.connect(socket)
    for (let n = 0; n < 5; n++) frame(n, n * 20)
    caller.flush()
    expect(writes.map((write) => appendsIn(write).length)).toEqual(sizes)
    expect(texts()).toEqual([0, 1, 2, 3, 4].map((n) => frameOf(n).toString()))
  })

  it('is written into the same memory as long as each frame leaves at once', () => {
    const { caller, frame } = audio()
    const writes: Buffer[] = []
    caller.connect(socketInto(writes, true))
    for (let n = 0; n < 3; n++) frame(n, n * 20)
    expect(
      new Set(writes.map(({ byteOffset, buffer }) => `${byteOffset} of ${buffer.byteLength}`)).size,
    ).toBe(1)
    expect(appendsIn(writes[0] as Buffer)).toEqual([frameOf(2).toString()])
  })

  it('of a lost session is not mixed into the next one', () => {
    const { caller, socket, frame, texts } = audio()
    caller.connect(socket)
    frame(1, 0)
    caller.disconnect()
    frame(2, 20)
    const next: Buffer[] = []
    caller.connect(socketInto(next))
    expect(texts()).toEqual([frameOf(1).toString()])
    expect(next.flatMap(appendsIn)).toEqual([frameOf(2).toString()])
    expect([caller.sessionMs(), caller.totalMs()]).toEqual([20, 40])
    expect(appendsIn(appendFrame(frameOf(9)))).toEqual([frameOf(9).toString()])
  })
})
