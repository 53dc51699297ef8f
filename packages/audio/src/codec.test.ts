import { describe, expect, it } from 'vitest'
import { levelDbfs, mix, peak, rms } from './level.ts'
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from './mulaw.ts'
import { resample } from './resample.ts'
import { readWav, writeWav } from './wav.ts'

const sine = (hz: number, rate: number, ms: number, height = 10_000) =>
  Int16Array.from(
    { length: (rate * ms) / 1000 },
    (_, index) => height * Math.sin((2 * Math.PI * hz * index) / rate),
  )

describe('µ-law', () => {
  it('has the values of G.711', () => {
    const codes = Uint8Array.of(0x00, 0x0f, 0x10, 0x7f, 0x80, 0x8f, 0xa5, 0xff)
    expect([...decodeMulaw(codes)]).toEqual([-32_124, -16_764, -15_996, 0, 32_124, 16_764, 6652, 0])
    expect([...encodeMulaw(Int16Array.of(0, -1, 8, 1000, -1000, 32_767, -32_768))]).toEqual([
      0xff, 0x7f, 0xfe, 0xce, 0x4e, 0x80, 0x00,
    ])
    expect(decodeMulaw(Uint8Array.of(MULAW_SILENCE))[0]).toBe(0)
  })

  it('every code but negative zero comes back as itself', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code)
    const back = encodeMulaw(decodeMulaw(codes))
    expect([...back].map((code, index) => code === index || index === 0x7f)).not.toContain(false)
  })

  it('is never further off than half a step', () => {
    const pcm = Int16Array.from({ length: 65_000 }, (_, index) => index - 32_500)
    const back = decodeMulaw(encodeMulaw(pcm))
    const wrong = [...pcm].filter(
      (sample, index) => Math.abs((back[index] ?? 0) - sample) > Math.max(4, (Math.abs(sample) + 132) / 32),
    )
    // Beyond the highest step there is only clipping.
    expect(wrong.filter((sample) => Math.abs(sample) < 32_124)).toEqual([])
  })
})

describe('levels', () => {
  it('measures', () => {
    expect(levelDbfs(new Int16Array(160))).toBe(Number.NEGATIVE_INFINITY)
    expect(rms(new Int16Array(0))).toBe(0)
    expect(levelDbfs(sine(1000, 8000, 100, 32_767))).toBeCloseTo(-3.01, 1)
    expect(peak(Int16Array.of(3, -9, 4))).toBe(9)
  })

  it('mixes with clipping', () => {
    expect([...mix(Int16Array.of(30_000, -30_000, 5), Int16Array.of(10_000, -10_000))]).toEqual([
      32_767, -32_768, 5,
    ])
  })
})

describe('resampling', () => {
  it('keeps a tone, its level and its place', () => {
    for (const hz of [300, 1000, 3300]) {
      const wide = resample(sine(hz, 8000, 200), 8000, 24_000)
      const truth = sine(hz, 24_000, 200)
      expect(wide).toHaveLength(4800)
      for (let index = 600; index < 4200; index += 1) {
        expect(Math.abs((wide[index] ?? 0) - (truth[index] ?? 0))).toBeLessThan(200)
      }
      const back = resample(wide, 24_000, 8000)
      expect(back).toHaveLength(1600)
      expect(levelDbfs(back.subarray(200, 1400))).toBeCloseTo(levelDbfs(sine(hz, 8000, 150)), 0)
    }
  })

  it('removes what the lower rate cannot hold', () => {
    expect(levelDbfs(resample(sine(6000, 24_000, 200), 24_000, 8000).subarray(200, 1400))).toBeLessThan(-50)
  })

  it('takes 44.1 kHz, and refuses nonsense', () => {
    expect(resample(sine(440, 44_100, 1000), 44_100, 8000)).toHaveLength(8000)
    expect(() => resample(new Int16Array(1), 0, 8000)).toThrow(RangeError)
  })
})

describe('WAV', () => {
  it('comes back', () => {
    const pcm = sine(440, 8000, 50)
    const { pcm: back, sampleRate } = readWav(writeWav(pcm))
    expect(sampleRate).toBe(8000)
    expect(back).toEqual(pcm)
    expect(readWav(writeWav(pcm, 16_000)).sampleRate).toBe(16_000)
  })

  it('reads stereo, µ-law, 8 and 24 bits, and skips other chunks', () => {
    expect([...readWav(wav(1, 2, 16, [100, 0, 200, 0])).pcm]).toEqual([150])
    expect([...readWav(wav(7, 1, 8, [0x80, 0xff])).pcm]).toEqual([32_124, 0])
    expect([...readWav(wav(1, 1, 8, [128, 255])).pcm]).toEqual([0, 127 << 8])
    expect([...readWav(wav(1, 1, 24, [9, 0x34, 0x12])).pcm]).toEqual([0x1234])
  })

  it('says what is wrong', () => {
    expect(() => readWav(Uint8Array.of(1, 2, 3))).toThrow('not a WAV file')
    expect(() => readWav(writeWav(new Int16Array(4)).subarray(0, 36))).toThrow('no data chunk')
    expect(() => readWav(wav(85, 1, 16, [0, 0]))).toThrow('format 85')
  })
})

/** A WAV file with a chunk nobody knows before its data. */
function wav(code: number, channels: number, bits: number, data: number[]): Uint8Array {
  const file = new Uint8Array(56 + data.length)
  file.set(writeWav(new Int16Array(0)).subarray(0, 36))
  const view = new DataView(file.buffer)
  view.setUint16(20, code, true)
  view.setUint16(22, channels, true)
  view.setUint16(34, bits, true)
  file.set(new TextEncoder().encode('LIST'), 36)
  view.setUint32(40, 3, true)
  file.set(new TextEncoder().encode('data'), 48)
  view.setUint32(52, data.length, true)
  file.set(data, 56)
  return file
}
