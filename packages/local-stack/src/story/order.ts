import type { StoryLine } from './teller.ts'

/**
 * Lines in the order in which things began. A turn is told when it is known what was said, which may be seconds
 * after it began; what happened meanwhile waits behind it, but never long.
 */
export type Queue = readonly Place[]
type Place =
  | { is: 'told'; line: StoryLine }
  /** A turn that has begun: its line is still to come, and is waited for until then (ms since the call began). */
  | { is: 'awaited'; turnId: string; untilMs: number }

/** Puts a line behind everything that began before. */
export function enqueue(queue: Queue, line: StoryLine): Queue {
  return [...queue, { is: 'told', line }]
}

/** Keeps a place for a turn that begins now. */
export function keepPlace(queue: Queue, turnId: string, untilMs: number): Queue {
  return [...queue, { is: 'awaited', turnId, untilMs }]
}

/** The turn is over, its words are on the way: wait for them only so long. */
export function hurryPlace(queue: Queue, turnId: string, untilMs: number): Queue {
  return queue.map((place) =>
    place.is === 'awaited' && place.turnId === turnId ? { ...place, untilMs } : place,
  )
}

/** Fills the place of a turn; one whose place was given up (or never kept) goes to the end. */
export function fillPlace(queue: Queue, turnId: string, line: StoryLine): Queue {
  const kept = queue.some((place) => place.is === 'awaited' && place.turnId === turnId)
  if (!kept) return enqueue(queue, line)
  return queue.map((place) =>
    place.is === 'awaited' && place.turnId === turnId ? { is: 'told', line } : place,
  )
}

/** Takes the lines that need not wait any more, at this time of the call. */
export function release(queue: Queue, nowMs: number): { queue: Queue; lines: StoryLine[] } {
  const waiting = queue.filter((place) => place.is === 'told' || place.untilMs > nowMs)
  const first = waiting.findIndex((place) => place.is === 'awaited')
  const ready = first < 0 ? waiting : waiting.slice(0, first)
  return {
    queue: waiting.slice(ready.length),
    lines: ready.flatMap((place) => (place.is === 'told' ? [place.line] : [])),
  }
}
