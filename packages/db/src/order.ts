/** What is to become of a message, seen from the order of its call and source. */
export type OrderDecision = 'apply' | 'drop' | 'park'

/** How long a gap is waited for before the later message is applied without the missing one, ms. */
export const gapLimitMs = 5000

/**
 * Facts of one call and source are applied in the order of their `sequence`. A lower or equal one comes too
 * late and is dropped; one that leaves a gap waits at most `limitMs`, then is applied.
 * @param last the highest sequence applied so far, null when none was
 * @param gapIsReal false when the missing ones are known not to concern this consumer (it listens to some
 *   families only, and the others of the same source are numbered too)
 * @param waitedMs how long this message has been parked already
 */
export function decideOrder(message: {
  last: number | null
  sequence: number
  waitedMs: number
  gapIsReal: boolean
  limitMs?: number
}): OrderDecision {
  const { last, sequence, waitedMs, gapIsReal, limitMs = gapLimitMs } = message
  if (last !== null && sequence <= last) return 'drop'
  if (sequence === (last ?? 0) + 1) return 'apply'
  if (!gapIsReal || waitedMs >= limitMs) return 'apply'
  return 'park'
}
