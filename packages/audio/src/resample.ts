/** Zero crossings of the interpolation kernel on each side. */
const CROSSINGS = 24
/** The pass band ends at this part of the lower rate's Nyquist frequency. */
const PASS = 0.94

/**
 * Changes the sample rate (8000 ↔ 24000, or a WAV's own rate) by windowed-sinc interpolation. Makes
 * `round(length × to / from)` samples with no delay. RangeError for rates that are not positive.
 */
export function resample(pcm: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (!(fromHz > 0 && toHz > 0)) throw new RangeError(`Cannot resample from ${fromHz} Hz to ${toHz} Hz`)
  if (fromHz === toHz) return pcm.slice()
  const divisor = greatestCommonDivisor(Math.round(fromHz), Math.round(toHz))
  const phases = Math.round(toHz) / divisor
  const step = Math.round(fromHz) / divisor
  const kernels = kernelsOf(phases, step)
  const out = new Int16Array(Math.round((pcm.length * toHz) / fromHz))
  for (let index = 0; index < out.length; index += 1) {
    const position = index * step
    const whole = Math.floor(position / phases)
    const { taps, first } = kernels[position % phases] as Kernel
    let sum = 0
    for (let tap = 0; tap < taps.length; tap += 1) {
      const source = whole + first + tap
      if (source >= 0 && source < pcm.length) sum += (taps[tap] as number) * (pcm[source] as number)
    }
    out[index] = Math.max(-32_768, Math.min(32_767, Math.round(sum)))
  }
  return out
}

type Kernel = { taps: Float64Array; first: number }

function kernelsOf(phases: number, step: number): Kernel[] {
  const cutoff = PASS * Math.min(1, phases / step)
  const reach = Math.ceil(CROSSINGS / cutoff)
  return Array.from({ length: phases }, (_, phase) => {
    const taps = new Float64Array(2 * reach + 1)
    let sum = 0
    for (let tap = 0; tap < taps.length; tap += 1) {
      const distance = tap - reach - phase / phases
      const window = Math.abs(distance) >= reach ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach)
      const x = Math.PI * cutoff * distance
      const value = (x === 0 ? 1 : Math.sin(x) / x) * window
      taps[tap] = value
      sum += value
    }
    for (let tap = 0; tap < taps.length; tap += 1) taps[tap] = (taps[tap] as number) / sum
    return { taps, first: -reach }
  })
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
