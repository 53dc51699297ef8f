import { Fault, type ProblemCode } from '@toritsugi/contracts'

/** What to do with a message whose handler threw. */
export type Redelivery = { do: 'retry'; afterMs: number; counts: boolean } | { do: 'bury'; reason: string }

export type RedeliveryPolicy = {
  /** Pauses between the attempts, ms; the last one repeats. */
  backoffMs: readonly number[]
  /** After so many attempts a message is put with the dead letters. */
  maxAttempts: number
}

export const defaultRedelivery: RedeliveryPolicy = {
  backoffMs: [100, 500, 2000, 5000, 10_000],
  maxAttempts: 6,
}

/** An error the handler did not classify is most likely a bug: two more tries, then it is buried. */
const attemptsOfUnknownErrors = 3

/** Everybody fails with these at once: it says nothing about the message, so it does not count against it. */
const outages: ReadonlySet<ProblemCode> = new Set(['database.unavailable', 'bus.unavailable'])

/**
 * Decides what becomes of a message whose handler threw.
 * @param attempt how often the handler has been tried, outages left out; 1 after the first time
 */
export function decideRedelivery(
  error: unknown,
  attempt: number,
  policy: RedeliveryPolicy = defaultRedelivery,
): Redelivery {
  const pause = policy.backoffMs[Math.min(attempt, policy.backoffMs.length) - 1] ?? 1000
  if (error instanceof Fault) {
    if (outages.has(error.code)) return { do: 'retry', afterMs: Math.max(pause, 500), counts: false }
    if (!error.retryable) return { do: 'bury', reason: `${error.code}: ${error.message}` }
    if (attempt >= policy.maxAttempts) {
      return { do: 'bury', reason: `${error.code} after ${attempt} attempts: ${error.message}` }
    }
    return { do: 'retry', afterMs: pause, counts: true }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (attempt >= Math.min(attemptsOfUnknownErrors, policy.maxAttempts)) {
    return { do: 'bury', reason: `error after ${attempt} attempts: ${message}` }
  }
  return { do: 'retry', afterMs: pause, counts: true }
}
