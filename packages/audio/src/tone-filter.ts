import { BAND_CENTRE, SAMPLE_RATE, SYMBOL_SAMPLES, TONE_OFFSETS, type VoiceBand } from './voice-band.ts'

/** One step of the filter covers so many samples: 0.5 ms. */
export const STEP_SAMPLES = 4
/** Steps of one symbol. */
export const SYMBOL_STEPS = SYMBOL_SAMPLES / STEP_SAMPLES
const TAPS = 97
/** Samples by which the filter's output lags its input. */
export const FILTER_DELAY = (TAPS - 1) / 2
const CUTOFF_HZ = 490
const BLOCK = 160
const PHASES = 40
/** Blocks quieter than this (RMS 12 of 32768, -69 dBFS) carry no speech and are not filtered. */
const QUIET_POWER = 144

/** Called for each step: the tone (0 … 3) that fills the last 5 ms best, its power, and the whole band's power. */
export type OnStep = (symbol: number, tonePower: number, bandPower: number) => void

/**
 * Cuts one voice's band out of 8 kHz samples, mixes it down to 2 kHz and tells every 0.5 ms which of the four tones
 * is heard. Quiet blocks are passed over at almost no cost.
 */
export class ToneFilter {
  readonly #onStep: OnStep
  readonly #real = new Float64Array(TAPS)
  readonly #imaginary = new Float64Array(TAPS)
  readonly #turnCos = new Float64Array(PHASES)
  readonly #turnSin = new Float64Array(PHASES)
  readonly #work = new Float64Array(TAPS - 1 + BLOCK)
  /** Last baseband values, twice, so that a window is always contiguous. */
  readonly #windowI = new Float64Array(2 * SYMBOL_STEPS)
  readonly #windowQ = new Float64Array(2 * SYMBOL_STEPS)
  #samples = 0
  #steps = 0
  #wasQuiet = true

  constructor(band: VoiceBand, onStep: OnStep) {
    this.#onStep = onStep
    const centre = (2 * Math.PI * BAND_CENTRE[band]) / SAMPLE_RATE
    let sum = 0
    const low = Float64Array.from({ length: TAPS }, (_, index) => {
      const distance = index - FILTER_DELAY
      const x = (2 * Math.PI * CUTOFF_HZ * distance) / SAMPLE_RATE
      const hamming = 0.54 + 0.46 * Math.cos((Math.PI * distance) / (FILTER_DELAY + 1))
      const value = (x === 0 ? 1 : Math.sin(x) / x) * hamming
      sum += value
      return value
    })
    for (let index = 0; index < TAPS; index += 1) {
      // work[] runs forward in time, so tap 0 belongs to the oldest sample.
      const age = TAPS - 1 - index
      this.#real[index] = ((low[index] as number) / sum) * Math.cos(centre * age)
      this.#imaginary[index] = ((low[index] as number) / sum) * Math.sin(centre * age)
    }
    for (let phase = 0; phase < PHASES; phase += 1) {
      this.#turnCos[phase] = Math.cos(centre * STEP_SAMPLES * phase)
      this.#turnSin[phase] = -Math.sin(centre * STEP_SAMPLES * phase)
    }
  }

  push(pcm: Int16Array): void {
    for (let offset = 0; offset < pcm.length; offset += BLOCK) {
      this.#block(pcm.subarray(offset, offset + BLOCK))
    }
  }

  #block(block: Int16Array): void {
    let power = 0
    for (let index = 0; index < block.length; index += 1) power += (block[index] as number) ** 2
    const quiet = power < QUIET_POWER * block.length
    const work = this.#work
    if (quiet && this.#wasQuiet) work.fill(0, 0, TAPS - 1 + block.length)
    else for (let index = 0; index < block.length; index += 1) work[TAPS - 1 + index] = block[index] as number
    const silent = quiet && this.#wasQuiet
    this.#wasQuiet = quiet && block.length >= TAPS - 1
    for (let index = 0; index < block.length; index += 1) {
      this.#samples += 1
      if (this.#samples % STEP_SAMPLES !== 0) continue
      if (silent) this.#silentStep()
      else this.#step(index)
    }
    work.copyWithin(0, block.length, TAPS - 1 + block.length)
  }

  #silentStep(): void {
    const slot = this.#steps % SYMBOL_STEPS
    this.#steps += 1
    this.#windowI[slot] = this.#windowI[slot + SYMBOL_STEPS] = 0
    this.#windowQ[slot] = this.#windowQ[slot + SYMBOL_STEPS] = 0
    this.#onStep(0, 0, 0)
  }

  #step(last: number): void {
    const work = this.#work
    const real = this.#real
    const imaginary = this.#imaginary
    let sumI = 0
    let sumQ = 0
    for (let tap = 0; tap < TAPS; tap += 1) {
      const sample = work[last + tap] as number
      sumI += sample * (real[tap] as number)
      sumQ += sample * (imaginary[tap] as number)
    }
    const phase = this.#steps % PHASES
    const cos = this.#turnCos[phase] as number
    const sin = this.#turnSin[phase] as number
    const slot = this.#steps % SYMBOL_STEPS
    this.#steps += 1
    this.#windowI[slot] = this.#windowI[slot + SYMBOL_STEPS] = sumI * cos - sumQ * sin
    this.#windowQ[slot] = this.#windowQ[slot + SYMBOL_STEPS] = sumI * sin + sumQ * cos
    this.#decide(slot + 1)
  }

  #decide(from: number): void {
    let bandPower = 0
    let best = 0
    let bestPower = -1
    for (let index = 0; index < SYMBOL_STEPS; index += 1) {
      bandPower += (this.#windowI[from + index] as number) ** 2 + (this.#windowQ[from + index] as number) ** 2
    }
    for (const pair of TONE_PAIRS) {
      let iCos = 0
      let iSin = 0
      let qCos = 0
      let qSin = 0
      for (let index = 0; index < SYMBOL_STEPS; index += 1) {
        const i = this.#windowI[from + index] as number
        const q = this.#windowQ[from + index] as number
        const cos = pair.cos[index] as number
        const sin = pair.sin[index] as number
        iCos += i * cos
        iSin += i * sin
        qCos += q * cos
        qSin += q * sin
      }
      const upper = ((iCos + qSin) ** 2 + (qCos - iSin) ** 2) / SYMBOL_STEPS
      const lower = ((iCos - qSin) ** 2 + (qCos + iSin) ** 2) / SYMBOL_STEPS
      if (upper > bestPower) {
        bestPower = upper
        best = pair.upper
      }
      if (lower > bestPower) {
        bestPower = lower
        best = pair.lower
      }
    }
    this.#onStep(best, bestPower, bandPower)
  }
}

const TONE_PAIRS = [
  { lower: 1, upper: 2 },
  { lower: 0, upper: 3 },
].map(({ lower, upper }) => {
  const turn = (2 * Math.PI * (TONE_OFFSETS[upper] as number) * STEP_SAMPLES) / SAMPLE_RATE
  return {
    lower,
    upper,
    cos: Float64Array.from({ length: SYMBOL_STEPS }, (_, index) => Math.cos(turn * index)),
    sin: Float64Array.from({ length: SYMBOL_STEPS }, (_, index) => Math.sin(turn * index)),
  }
})
