/**
 * `held`: the bar holds. `warned`: between the bar and what fails the build. `fell short`: it does not hold.
 * `void`: the run cannot tell (a generator at its limit, a disturbed machine, a reference out of shape).
 */
export type Verdict = 'held' | 'warned' | 'fell short' | 'void'

export type Row = {
  id: string
  /** What is measured, in the words of the design's table. */
  what: string
  bar: string
  measured: string
  verdict: Verdict
  /** Why it is void, or what one should know. */
  notes: readonly string[]
  figures: Readonly<Record<string, unknown>>
}

/** A figure that must not be above the bar. */
export function atMost(value: number, bar: number): Verdict {
  return Number.isNaN(value) ? 'void' : value <= bar ? 'held' : 'fell short'
}

/** The same with a band between the bar and what fails the build. */
export function atMostOrWarn(value: number, bar: number, limit: number): Verdict {
  return Number.isNaN(value) ? 'void' : value <= bar ? 'held' : value <= limit ? 'warned' : 'fell short'
}

const order: readonly Verdict[] = ['held', 'warned', 'void', 'fell short']

/** The verdict over several figures of one row. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), 'held')
}

/** 3.14159 → "3.14"; NaN → "?". */
export const shown = (value: number, digits = 2): string =>
  Number.isNaN(value) ? '?' : value.toFixed(digits)
