import {
  BAND_CENTRE,
  PITCH,
  SAMPLE_RATE,
  SYMBOL_SAMPLES,
  TONE_OFFSETS,
  type VoiceBand,
} from './voice-band.ts'
import { FILLERS, SEQUENCES, symbolsOf, wordsOf } from './word-code.ts'

const TONE_LEVEL = 5200
const MURMUR_LEVEL = 2600
const MURMUR_TOP_HZ = 480
const LEAD_IN = 80
const TAIL = 160
const FRAME = 160
const MIN_RATE = 0.4

/**
 * Speaks a text at 8 kHz: its words coded as tones in the voice's band above a murmur that rises and falls like
 * speech, so that voice detection by energy hears it. At `rate` 1 about 27 UTF-8 bytes a second for English and 35 for
 * Japanese; lower rates (down to 0.4) are slower. Whole 20 ms frames; empty for a text without words.
 * RangeError for another rate.
 */
export function speak(
  text: string,
  band: VoiceBand,
  options: { rate?: number; seed?: number } = {},
): Int16Array {
  const { rate = 1, seed = 1 } = options
  if (!(rate >= MIN_RATE && rate <= 1))
    throw new RangeError(`rate is ${rate}, but must lie between 0.4 and 1`)
  const symbols = utteranceOf(text, band, rate)
  if (symbols.length === 0) return new Int16Array(0)
  const spoken = LEAD_IN + symbols.length * SYMBOL_SAMPLES
  const pcm = new Int16Array(Math.ceil((spoken + TAIL) / FRAME) * FRAME)
  const tones = new Float64Array(pcm.length)
  addTones(tones, symbols, band)
  const murmur = murmurOf(pcm.length, band, seed)
  for (let index = 0; index < pcm.length; index += 1) {
    const edge = Math.min(1, index / LEAD_IN, (pcm.length - 1 - index) / TAIL)
    pcm[index] = Math.round((tones[index] as number) + (murmur[index] as number) * edge)
  }
  return pcm
}

function utteranceOf(text: string, band: VoiceBand, rate: number): number[] {
  const symbols: number[] = []
  let owed = 0
  for (const [index, { bytes, glued }] of wordsOf(text).entries()) {
    const word = { bytes, glued, first: index === 0, sequence: index % SEQUENCES }
    owed += symbolsOf({ ...word, filler: 0 }, band).length * (1 / rate - 1)
    const filler = FILLERS.findLastIndex((length) => length <= owed)
    owed -= FILLERS[filler] ?? 0
    symbols.push(...symbolsOf({ ...word, filler: Math.max(filler, 0) }, band))
  }
  return symbols
}

function addTones(out: Float64Array, symbols: readonly number[], band: VoiceBand): void {
  let phase = 0
  for (let index = 0; index < symbols.length * SYMBOL_SAMPLES; index += 1) {
    const symbol = symbols[Math.floor(index / SYMBOL_SAMPLES)] as number
    phase += (2 * Math.PI * (BAND_CENTRE[band] + (TONE_OFFSETS[symbol] as number))) / SAMPLE_RATE
    out[LEAD_IN + index] = TONE_LEVEL * Math.sin(phase)
  }
}

/** Harmonics of a wandering pitch, swelling about four times a second. */
function murmurOf(length: number, band: VoiceBand, seed: number): Float64Array {
  const random = randomOf(seed)
  const murmur = new Float64Array(length)
  const harmonics = Math.floor(MURMUR_TOP_HZ / (PITCH[band] * 1.08))
  let phase = random()
  let swell = random()
  let bend = 0
  for (let index = 0; index < length; index += 1) {
    if (index % FRAME === 0) bend = 0.9 * bend + 0.1 * (random() - 0.5)
    phase += (PITCH[band] * (1 + bend)) / SAMPLE_RATE
    swell += (3.6 + 8 * bend) / SAMPLE_RATE
    let sum = 0
    for (let harmonic = 1; harmonic <= harmonics; harmonic += 1) {
      sum += Math.sin(2 * Math.PI * phase * harmonic + harmonic * harmonic) / harmonic
    }
    murmur[index] = MURMUR_LEVEL * sum * (0.65 + 0.35 * Math.sin(2 * Math.PI * swell))
  }
  return murmur
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
