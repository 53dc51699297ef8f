/** Voice activity as a machine over 20 ms frames. All times are ms of *appended* audio, never of a clock. */
export type VadRules = {
  /** 0–1, as `turn_detection.threshold`. */
  threshold: number
  /** How much audio before the onset belongs to the turn. */
  prefixMs: number
  /** Silence that ends a turn; a function, because semantic detection asks what was said so far. */
  silenceMs: () => number
}

export type Vad =
  | { is: 'quiet'; onsetMs: number | null; floorMs: number }
  | { is: 'speech'; startMs: number; voicedEndMs: number }

export type VadFact = { type: 'started'; startMs: number } | { type: 'stopped'; endMs: number }

/** Voice shorter than this is a click, not speech. */
export const ONSET_MS = 60

/** A detector that hears silence; `floorMs` is the end of what earlier turns have taken. */
export function quietVad(floorMs = 0): Vad {
  return { is: 'quiet', onsetMs: null, floorMs }
}

/**
 * One frame of level `dbfs` that ends at `endMs` and lasts `frameMs`.
 * The turn starts `prefixMs` before the first voiced frame (never inside an earlier turn) and ends when
 * `silenceMs` of silence followed the last voiced one; the silence belongs to the turn.
 */
export function stepVad(
  vad: Vad,
  rules: VadRules,
  frame: { endMs: number; frameMs: number; dbfs: number },
): { vad: Vad; fact: VadFact | null } {
  const voiced = speechLikelihood(frame.dbfs) >= rules.threshold
  if (vad.is === 'quiet') {
    if (!voiced) return { vad: vad.onsetMs === null ? vad : { ...vad, onsetMs: null }, fact: null }
    const onsetMs = vad.onsetMs ?? frame.endMs - frame.frameMs
    if (frame.endMs - onsetMs < ONSET_MS) return { vad: { ...vad, onsetMs }, fact: null }
    const startMs = Math.max(vad.floorMs, onsetMs - rules.prefixMs, 0)
    return { vad: { is: 'speech', startMs, voicedEndMs: frame.endMs }, fact: { type: 'started', startMs } }
  }
  if (voiced) return { vad: { ...vad, voicedEndMs: frame.endMs }, fact: null }
  if (frame.endMs - vad.voicedEndMs < rules.silenceMs()) return { vad, fact: null }
  return { vad: quietVad(frame.endMs), fact: { type: 'stopped', endMs: frame.endMs } }
}

/**
 * How likely a frame of this level is speech, 0–1: 0.5 at -45 dBFS, 0.9 near -34, 0.1 near -56.
 * Stands in for the service's classifier, which is not public; only the energy is looked at.
 */
export function speechLikelihood(dbfs: number): number {
  return 1 / (1 + Math.exp(-(dbfs + 45) / 5))
}

/** Longest wait of semantic detection in ms by eagerness ("max timeouts of 8 s, 4 s and 2 s"; auto is medium). */
const EAGERNESS_MS: Readonly<Record<string, number>> = { low: 8000, medium: 4000, high: 2000, auto: 4000 }

/** Semantic detection, approximated: what sounds finished is answered soon, the rest waits for the maximum. */
export function semanticSilenceMs(eagerness: string, saidSoFar: string): number {
  const finished = /[.!?。！？]\s*$|(です|ます|した|ください|ません|でしょうか|ますか)$/.test(saidSoFar)
  return finished ? 300 : (EAGERNESS_MS[eagerness] ?? 4000)
}
