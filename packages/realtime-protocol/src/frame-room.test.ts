import { describe, expect, it } from 'vitest'
import { frameDone, frameRoom } from './frame-room.ts'

describe('room for frames', () => {
  it('begins where a word begins, and is never given twice while a frame stands in it', () => {
    const frames = Array.from({ length: 3000 }, (_, n) => {
      const frame = frameRoom(1 + ((n * 37) % 300))
      expect(frame.byteOffset % 4).toBe(0)
      return frame.fill(n & 255)
    })
    for (const [n, frame] of frames.entries()) expect(frame.every((byte) => byte === (n & 255))).toBe(true)
  })

  it('is given again when its frame is done', () => {
    const first = frameRoom(270)
    frameDone(first)
    expect(frameRoom(270)).toBe(first)
    frameDone(first)
    const shorter = frameRoom(100)
    expect([shorter.buffer, shorter.byteOffset]).toEqual([first.buffer, first.byteOffset])
  })

  it('is kept by a frame that is done when others were cut after it', () => {
    const first = frameRoom(50).fill(1)
    const second = frameRoom(50).fill(2)
    frameDone(first)
    const third = frameRoom(50).fill(3)
    expect([first[0], second[0], third[0]]).toEqual([1, 2, 3])
  })

  it('of a long frame is its own', () => {
    const long = frameRoom(20_000)
    frameDone(long)
    expect(frameRoom(20_000)).not.toBe(long)
  })
})
