import type { CallDetail } from '@toritsugi/contracts'

/** One fact of a call's timeline, as far as it tells of delays. */
export type TimedFact = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

/** How quickly a call was answered, from its own facts. */
export function latenciesOf(facts: readonly TimedFact[]): CallDetail['latencies'] {
  const answers = facts.filter(
    ({ type, data }) =>
      type === 'turn.ended' && data.by === 'assistant' && typeof data.responseMs === 'number',
  )
  const response = numbers(answers.map(({ data }) => data.responseMs))
  const ourShare = numbers(answers.map(({ data }) => data.ourShareMs))
  const greetings = numbers(
    facts.filter(({ type }) => type === 'greeting.started').map(({ data }) => data.sinceStartMs),
  )
  return {
    turns: answers.length,
    responseMsP50: percentile(response, 0.5),
    responseMsP95: percentile(response, 0.95),
    ourShareMsP95: percentile(ourShare, 0.95),
    greetingMs: greetings[0] ?? null,
  }
}

function numbers(values: readonly unknown[]): number[] {
  return values.filter((value) => typeof value === 'number')
}

/** The nearest-rank percentile; null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
