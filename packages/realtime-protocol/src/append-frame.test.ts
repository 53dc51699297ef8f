import { describe, expect, it } from 'vitest'
import { appendFrame, appendFrameLength, writeAppendFrame } from './append-frame.ts'
import { frameRoom } from './frame-room.ts'
import { unframed } from './test-frames.ts'

/** So many base64 characters, no two neighbours the same, within bytes that do not belong to them. */
function sourceOf(length: number): { source: Buffer; start: number; end: number; text: string } {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const text = Array.from({ length }, (_, i) => letters[(i * 7 + (i >> 5)) % 64]).join('')
  return { source: Buffer.from(`<<<${text}>>`), start: 3, end: 3 + length, text }
}

/** The texts of masked frames. */
const textsOf = (bytes: Buffer): string[] =>
  unframed(bytes).map(({ text, masked }) => {
    expect(masked).toBe(true)
    return text
  })

/** The mask of a frame: the four bytes before its payload. */
const maskOf = (frame: Buffer): string => {
  const at = ((frame[1] as number) & 0x7f) === 126 ? 4 : 2
  return frame.toString('hex', at, at + 4)
}

const appendOf = (text: string): string => `{"type":"input_audio_buffer.append","audio":"${text}"}`

// What stands around the text has 47 bytes: at 126 and 65,536 a frame's head grows.
const lengths = [
  0, 1, 2, 3, 5, 76, 77, 78, 79, 80, 81, 82, 83, 216, 217, 8130, 8137, 8138, 8192, 65_488, 65_489, 65_490,
]

describe('an append', () => {
  it.each(lengths)('of %i characters is one whole frame, unaltered', (length) => {
    const { source, start, end, text } = sourceOf(length)
    const frame = appendFrame(source, start, end)
    expect(frame.length).toBe(appendFrameLength(length))
    expect(textsOf(frame)).toEqual([appendOf(text)])
  })

  it('may begin and end anywhere, and touches nothing around it', () => {
    for (const length of [0, 1, 2, 3, 4, 75, 79, 216]) {
      const { source, start, end, text } = sourceOf(length)
      for (let before = 0; before < 9; before++) {
        const size = appendFrameLength(length)
        for (const room of [
          frameRoom(before + size + 9),
          Buffer.from(new ArrayBuffer(before + size + 12), 3),
        ]) {
          room.fill(0xee)
          expect(writeAppendFrame(room, before, source, start, end)).toBe(before + size)
          expect(textsOf(room.subarray(before, before + size))).toEqual([appendOf(text)])
          expect(
            [...room.subarray(0, before), ...room.subarray(before + size)].every((b) => b === 0xee),
          ).toBe(true)
        }
      }
    }
  })

  it.each([
    [2, [216, 216]],
    [3, [216, 216, 216]],
    [3, [1, 78, 79]],
    [3, [217, 8192, 5]],
  ])('goes with others in one buffer: %i of %j characters', (_count, sizes) => {
    const room = frameRoom(sizes.reduce((sum, size) => sum + appendFrameLength(size), 0))
    let at = 0
    const texts: string[] = []
    for (const size of sizes) {
      const { source, start, end, text } = sourceOf(size)
      at = writeAppendFrame(room, at, source, start, end)
      texts.push(appendOf(text))
    }
    expect(at).toBe(room.length)
    expect(textsOf(room)).toEqual(texts)
  })

  it('never writes over one that was made before it, and has a mask of its own', () => {
    const sizes = Array.from({ length: 3000 }, (_, n) => (n * 37) % 401)
    const frames = sizes.map((size) => {
      const { source, start, end } = sourceOf(size)
      return appendFrame(source, start, end)
    })
    expect(frames.flatMap(textsOf)).toEqual(sizes.map((size) => appendOf(sourceOf(size).text)))
    // 3000 of 4 thousand million: two of a kind are rare, and more are a defect.
    expect(new Set(frames.map(maskOf)).size).toBeGreaterThan(2990)
  })
})

describe('frames to the model', () => {
  it.each([0, 4, 76, 80, 216, 220, 65_484, 65_488, 65_492, 70_000])(
    'carry %i characters unaltered',
    (length) => {
      const source = Buffer.from(`<<${'Ab3+/Zq9'.repeat(10_000).slice(0, length)}>>`)
      const frame = appendFrame(source, 2, 2 + length)
      expect(frame.length).toBe(appendFrameLength(length))
      const [only] = unframed(frame)
      expect(only?.masked).toBe(true)
      expect(JSON.parse(only?.text ?? '')).toEqual({
        type: 'input_audio_buffer.append',
        audio: source.toString('latin1', 2, 2 + length),
      })
    },
  )

  it('stand behind each other in one buffer', () => {
    const source = Buffer.from('QUJDREVG')
    const target = Buffer.alloc(2 * appendFrameLength(4))
    const middle = writeAppendFrame(target, 0, source, 0, 4)
    expect(writeAppendFrame(target, middle, source, 4, 8)).toBe(target.length)
    expect(unframed(target).map(({ text }) => JSON.parse(text).audio)).toEqual(['QUJD', 'REVG'])
  })
})
