/**
 * How much of what was sent the caller has really heard. The carrier gives no play-out clock: it echoes each mark
 * when the audio before it has been played. Between two echoes the stream's clock carries on, never beyond the
 * next mark that is still out. Changed in place: this is stepped for every delta.
 *
 * Every ms sent lies on one axis, the position; an anchor says which position was played at which stream time.
 */
export type Playback = {
  /** Raised by each clear: marks of an older one say nothing, the carrier echoes them when it throws audio away. */
  generation: number
  /** Ms sent in all. */
  sentPosition: number
  anchorPosition: number
  anchorAtMs: number
  /** Marks not echoed yet, oldest first. */
  marks: PendingMark[]
  items: Map<number, PlayedItem>
  /** Stream ms at which the last audio was heard; 0 before any. */
  lastHeardAtMs: number
}

type PendingMark = { item: number; itemMs: number; deltaMs: number; position: number }

export type PlayedItem = {
  /** Ms of its audio sent to the carrier. */
  sentMs: number
  /** Ms of it whose marks came back. */
  echoedMs: number
  /** Fixed by a clear: what was heard and will ever be. */
  cutMs: number | null
  /** Stream ms at which its first audio was expected to be played. */
  startMs: number
}

/** When the clock says that all was played so long ago, marks must have been lost. */
export const marksLostAfterMs = 2000

export const silentPlayback = (): Playback => ({
  generation: 1,
  sentPosition: 0,
  anchorPosition: 0,
  anchorAtMs: 0,
  marks: [],
  items: new Map(),
  lastHeardAtMs: 0,
})

/** Ms of the position that has been played at stream ms `at`. */
function heardPosition(p: Playback, at: number): number {
  const next = p.marks[0]
  if (next === undefined) return p.sentPosition
  return Math.min(p.anchorPosition + Math.max(0, at - p.anchorAtMs), next.position)
}

/** Ms that are queued at the carrier. */
export const queuedMs = (p: Playback, at: number): number => p.sentPosition - heardPosition(p, at)

export const isSilent = (p: Playback): boolean => p.marks.length === 0

/** A delta of an item was sent, with its mark. @param itemMs ms of the item's audio up to its end */
export function deltaSent(p: Playback, item: number, deltaMs: number, itemMs: number, at: number): void {
  // Nothing is left to play: this delta is heard from now on, whether or not the last echo is still on its way.
  if (p.marks.length === 0 || p.anchorPosition + (at - p.anchorAtMs) > p.sentPosition) {
    p.anchorPosition = p.sentPosition
    p.anchorAtMs = at
  }
  const played = p.items.get(item)
  if (played === undefined) {
    const startMs = Math.round(at + p.sentPosition - Math.min(p.sentPosition, expectedPosition(p, at)))
    p.items.set(item, { sentMs: itemMs, echoedMs: 0, cutMs: null, startMs })
  } else played.sentMs = itemMs
  p.sentPosition += deltaMs
  p.marks.push({ item, itemMs, deltaMs, position: p.sentPosition })
}

/** Where playing should be by the clock alone, not held back by a mark that is out. */
const expectedPosition = (p: Playback, at: number): number =>
  p.marks.length === 0 ? p.sentPosition : p.anchorPosition + Math.max(0, at - p.anchorAtMs)

/**
 * A mark came back.
 * @returns false when it says nothing: thrown away by a clear, repeated, or not ours
 */
export function markEchoed(
  p: Playback,
  mark: { generation: number; item: number; ms: number },
  at: number,
): boolean {
  if (mark.generation !== p.generation) return false
  const index = p.marks.findIndex((pending) => pending.item === mark.item && pending.itemMs === mark.ms)
  if (index < 0) return false
  // Marks before it were lost on the way; what they stood for was played all the same.
  for (const passed of p.marks.splice(0, index + 1)) {
    const item = p.items.get(passed.item)
    if (item !== undefined) item.echoedMs = passed.itemMs
    if (passed.position >= p.anchorPosition) {
      p.anchorPosition = passed.position
      p.anchorAtMs = at
    }
  }
  p.lastHeardAtMs = at
  return true
}

/** Takes marks that are long overdue for lost ones. @returns true when there were any */
export function marksGivenUp(p: Playback, at: number): boolean {
  if (p.marks.length === 0) return false
  const overdue = at - p.anchorAtMs - (p.sentPosition - p.anchorPosition)
  if (overdue < marksLostAfterMs) return false
  for (const lost of p.marks.splice(0)) {
    const item = p.items.get(lost.item)
    if (item !== undefined) item.echoedMs = lost.itemMs
  }
  p.lastHeardAtMs = Math.max(p.lastHeardAtMs, at - overdue)
  p.anchorPosition = p.sentPosition
  p.anchorAtMs = at
  return true
}

/** Ms of an item that were heard by stream ms `at`; 0 for one that was never sent. */
export function heardOf(p: Playback, item: number, at: number): number {
  const played = p.items.get(item)
  if (played === undefined) return 0
  if (played.cutMs !== null) return played.cutMs
  const next = p.marks[0]
  if (next === undefined || next.item !== item) return played.echoedMs
  const begun = next.itemMs - next.deltaMs
  const within = heardPosition(p, at) - (next.position - next.deltaMs)
  return Math.floor(Math.max(played.echoedMs, begun + Math.max(0, within)))
}

/** Whether everything sent of the item so far has been heard, or it was cut. */
export function isHeard(p: Playback, item: number): boolean {
  const played = p.items.get(item)
  return played === undefined || played.cutMs !== null || played.echoedMs >= played.sentMs
}

/**
 * Everything queued is thrown away at the carrier: what was heard of each item is fixed now.
 * @returns the items that were not heard to their end, oldest first
 */
export function clearPlayback(p: Playback, at: number): number[] {
  const cut: number[] = []
  for (const [item, played] of p.items) {
    if (played.cutMs !== null || played.echoedMs >= played.sentMs) continue
    played.cutMs = heardOf(p, item, at)
    cut.push(item)
  }
  for (const item of cut) {
    const played = p.items.get(item)
    if (played !== undefined) played.echoedMs = played.cutMs ?? played.echoedMs
  }
  if (p.marks.length > 0) p.lastHeardAtMs = at
  p.generation++
  p.marks.length = 0
  p.anchorPosition = p.sentPosition
  p.anchorAtMs = at
  return cut
}

/** Forgets an item whose turn is told. */
export function forgetItem(p: Playback, item: number): void {
  p.items.delete(item)
}
