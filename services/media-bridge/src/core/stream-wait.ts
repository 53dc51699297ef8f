import type { Stream, StreamCommand, StreamEvent } from './stream.ts'

/** What the model owes a caller who is gone. */
const drainMs = 3000
/** Beyond what is queued: the way to the carrier and back. */
const marginMs = 2000
/** A goodbye that the model does not speak in this time is not waited for. */
const goodbyeMs = 12_000

/**
 * How long what a command began is waited for, ms; null when it begins no wait.
 * @param queuedMs audio that the caller has not heard yet
 */
export function waitMs(command: StreamCommand, queuedMs: number): number | null {
  switch (command.type) {
    case 'say-goodbye':
      return goodbyeMs
    case 'watch-play-out':
      return queuedMs + marginMs
    case 'drain':
      return drainMs
    case 'commit':
      return Number.POSITIVE_INFINITY
    default:
      return null
  }
}

/**
 * What happens to a stream without anybody saying so: something is heard to its end, or waited for too long.
 * @param isLate the wait is over
 * @param talk what is said on it; undefined while nothing is
 */
export function dueEvent(
  stream: Stream,
  isLate: boolean,
  talk: { isSilent(): boolean; owes(): boolean } | undefined,
): StreamEvent | null {
  switch (stream.is) {
    case 'saying-goodbye':
      return isLate ? { type: 'farewell.spoken' } : null
    case 'playing-out':
      return isLate || talk?.isSilent() !== false ? { type: 'played-out' } : null
    case 'draining':
      return isLate || talk?.owes() !== true ? { type: 'drained' } : null
    default:
      return null
  }
}
