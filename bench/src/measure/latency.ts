/** Lengths of time in a histogram of fixed size: 20 µs steps up to 2 s, exact to half a step. */

const STEP_MS = 0.02
const STEPS = 100_000

export type Quantiles = { count: number; p50: number; p95: number; p99: number; max: number }

export class LatencyHistogram {
  readonly #counts = new Uint32Array(STEPS + 1)
  #count = 0
  #max = 0

  /** @param ms the length in milliseconds; a negative one counts as 0 */
  record(ms: number): void {
    const step = ms <= 0 ? 0 : Math.min(STEPS, Math.floor(ms / STEP_MS))
    this.#counts[step] = (this.#counts[step] as number) + 1
    this.#count++
    if (ms > this.#max) this.#max = ms
  }

  /** The length in ms below which this share of all lies; NaN when there are none. */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(share * this.#count))
    let seen = 0
    for (let step = 0; step <= STEPS; step++) {
      seen += this.#counts[step] as number
      if (seen >= rank) return step === STEPS ? this.#max : Math.min(this.#max, (step + 0.5) * STEP_MS)
    }
    return this.#max
  }

  quantiles(): Quantiles {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
      max: this.#max,
    }
  }
}
