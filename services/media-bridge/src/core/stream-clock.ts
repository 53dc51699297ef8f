/**
 * The stream's own clock, and how much audio the model was given on it. `timestamp` of the carrier's media is ms
 * since the stream began; between two messages the pod's monotonic clock carries on. Changed in place: this is
 * stepped for every frame, with whole ms: those need no memory of their own.
 */
export type StreamClock = {
  /** Stream ms up to which the caller's audio has arrived. */
  heardUntilMs: number
  /** Monotonic ms at which it arrived. */
  arrivedAt: number
  /** Stream ms up to which the model has been given audio, silence included. */
  fedUntilMs: number
  /** Silence given since the last frame came, ms. */
  filledMs: number
}

/** Absence from which silence is given without waiting for the next frame. */
export const absenceMs = 300
/** The most silence given for one absence. */
export const mostSilenceMs = 10_000
/** A shorter hole is the carrier's rounding. */
const leastGapMs = 20

export const streamClock = (startedAt: number): StreamClock => ({
  heardUntilMs: 0,
  arrivedAt: startedAt,
  fedUntilMs: 0,
  filledMs: 0,
})

/** Stream ms now. */
export const streamNow = (clock: StreamClock, now: number): number =>
  clock.heardUntilMs + Math.max(0, now - clock.arrivedAt)

/**
 * Takes note of a frame that began at `timestampMs` and is `lengthMs` long.
 * @returns ms of silence to give the model before it, for audio the carrier left out (DTX) or lost
 */
export function frameCame(clock: StreamClock, timestampMs: number, lengthMs: number, now: number): number {
  const missing = timestampMs - clock.fedUntilMs
  const allowed = mostSilenceMs - clock.filledMs
  const fill = missing >= leastGapMs && allowed > 0 ? Math.min(missing, allowed) : 0
  const begin = Math.max(clock.fedUntilMs, timestampMs)
  clock.fedUntilMs = begin + lengthMs
  clock.heardUntilMs = timestampMs + lengthMs
  clock.arrivedAt = now
  clock.filledMs = 0
  return fill
}

/**
 * While nothing comes: how much silence is due now, so that the model's voice detection can end a turn.
 * Asked on every tick.
 */
export function silenceDue(clock: StreamClock, now: number): number {
  if (now - clock.arrivedAt < absenceMs) return 0
  const due = Math.min(streamNow(clock, now) - clock.fedUntilMs, mostSilenceMs - clock.filledMs)
  const whole = Math.floor(due / leastGapMs) * leastGapMs
  if (whole <= 0) return 0
  clock.fedUntilMs += whole
  clock.filledMs += whole
  return whole
}
