/** Where the spectrum of a frame is looked at: every 100 Hz of the telephone band. */
export const BIN_HZ: readonly number[] = Array.from({ length: 35 }, (_, index) => 300 + 100 * index)

const FRAME_SAMPLES = 160
/** Bins from 600 Hz on: above the murmur of a voice, so that a voice fills a few of them and noise all. */
const FIRST_CLEAR_BIN = 3
const WINDOW = Float64Array.from(
  { length: FRAME_SAMPLES },
  (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / FRAME_SAMPLES),
)
const TURNS = BIN_HZ.map((hz) => 2 * Math.cos((2 * Math.PI * hz) / 8000))

/** Power of 20 ms of 8 kHz sound at each of `BIN_HZ` (Goertzel, Hann window). */
export function spectrumOf(frame: Int16Array): Float64Array {
  return Float64Array.from(TURNS, (turn) => {
    let last = 0
    let before = 0
    for (let index = 0; index < FRAME_SAMPLES; index += 1) {
      const next = (frame[index] ?? 0) * (WINDOW[index] as number) + turn * last - before
      before = last
      last = next
    }
    return last * last + before * before - turn * last * before
  })
}

/** Which part of a voiced frame is noise, 0 … 1: what fills the whole band, where a voice fills a part of it. */
export function noiseShareOf(frame: Int16Array): number {
  const powers = [...spectrumOf(frame).subarray(FIRST_CLEAR_BIN)]
  const total = powers.reduce((sum, power) => sum + power, 0)
  if (total === 0) return 0
  const middle = powers.sort((a, b) => a - b)[powers.length >> 1] as number
  return Math.min(1, (middle * powers.length) / total)
}

/** The tones a frame consists of: their bins in Hz, ascending; undefined when it is anything else. */
export function tonesOf(frame: Int16Array): readonly number[] | undefined {
  const powers = spectrumOf(frame)
  const total = powers.reduce((sum, power) => sum + power, 0)
  if (total === 0) return undefined
  const tones: number[] = []
  let share = 0
  while (share < PURE && tones.length < MOST_TONES) {
    const top = powers.reduce((best, power, index) => (power > (powers[best] as number) ? index : best), 0)
    // A tone between two bins is in both.
    for (const bin of [top - 1, top, top + 1]) {
      share += (powers[bin] ?? 0) / total
      if (bin in powers) powers[bin] = 0
    }
    tones.push(BIN_HZ[top] as number)
  }
  return share >= PURE ? tones.sort((a, b) => a - b) : undefined
}

const PURE = 0.97
const MOST_TONES = 2
