/** How many appends go into one socket write, by how busy the process is. */
export type Batch = 1 | 2 | 3

/**
 * More load, fewer writes: a write costs more than everything else we do to a frame. Steps down only when there
 * is clear room, so that it does not swing.
 * @param utilisation share of the last interval in which the event loop was busy, 0–1
 */
export function nextBatch(current: Batch, utilisation: number): Batch {
  if (utilisation > 0.95) return 3
  if (utilisation > 0.85) return current === 3 ? 3 : 2
  if (utilisation < 0.6) return current === 3 ? 2 : 1
  return current
}
