import { peak, rms } from '@toritsugi/audio'

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

/** A frame that is one tone (its bin in Hz), or a chord of two; undefined when it is anything else. */
export function toneIn(frame: Int16Array): number | 'chord' | undefined {
  const powers = spectrumOf(frame)
  const total = powers.reduce((sum, power) => sum + power, 0)
  if (total === 0) return undefined
  const first = takeStrongest(powers)
  const second = takeStrongest(powers)
  if (first.power + second.power < PURE * total) return undefined
  const isOne = first.power >= PURE * total && peak(frame) < MOST_CREST * rms(frame)
  return isOne ? first.hz : 'chord'
}

const PURE = 0.985
/** Peak by mean of one tone is √2; tones close to each other beat and have a higher one. */
const MOST_CREST = 1.6

/** Takes the strongest tone out of a spectrum: a bin and its neighbours, for a tone between two bins is in both. */
function takeStrongest(powers: Float64Array): { hz: number; power: number } {
  const top = powers.reduce((best, power, index) => (power > (powers[best] as number) ? index : best), 0)
  let power = 0
  for (const bin of [top - 1, top, top + 1]) {
    if (bin < 0 || bin >= powers.length) continue
    power += powers[bin] as number
    powers[bin] = 0
  }
  return { hz: BIN_HZ[top] as number, power }
}
