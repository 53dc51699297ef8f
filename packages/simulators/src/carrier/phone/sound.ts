import { levelDbfs } from '@toritsugi/audio'

/** Sound above this is voice, below it is silence. Sample height, and level of a window. */
const VOICE_HEIGHT = 300
const VOICE_DBFS = -45
const WINDOW = 40

export type Stretch = { startMs: number; endMs: number }

/** Time of the first sample of sound at or after `fromMs`; undefined when there is none. */
export function firstSoundAfter(pcm: Int16Array, fromMs: number, height = VOICE_HEIGHT): number | undefined {
  for (let index = Math.max(0, Math.ceil(fromMs * 8)); index < pcm.length; index += 1) {
    if (Math.abs(pcm[index] as number) >= height) return index / 8
  }
  return undefined
}

/** Time just after the last sample of sound before `toMs`; undefined when there is none. */
export function lastSoundBefore(pcm: Int16Array, toMs: number, height = VOICE_HEIGHT): number | undefined {
  for (let index = Math.min(pcm.length, Math.floor(toMs * 8)) - 1; index >= 0; index -= 1) {
    if (Math.abs(pcm[index] as number) >= height) return (index + 1) / 8
  }
  return undefined
}

/** The longest stretch without sound between two times, in windows of 5 ms. */
export function longestSilence(
  pcm: Int16Array,
  fromMs = 0,
  toMs = pcm.length / 8,
  dbfs = VOICE_DBFS,
): Stretch & { ms: number } {
  let best = { startMs: fromMs, endMs: fromMs, ms: 0 }
  let startMs = fromMs
  const end = Math.min(pcm.length, Math.floor(toMs * 8))
  for (let at = Math.max(0, Math.ceil(fromMs * 8)); at < end; at += WINDOW) {
    const stop = Math.min(end, at + WINDOW)
    if (levelDbfs(pcm.subarray(at, stop)) >= dbfs) startMs = stop / 8
    else if (stop / 8 - startMs > best.ms) best = { startMs, endMs: stop / 8, ms: stop / 8 - startMs }
  }
  return best
}
