import { encodeMulaw, speak } from '@toritsugi/audio'
import { bytesPerMs, encodeAudio } from './audio-format.ts'
import type { AudioFormat } from './core/session-config.ts'

const LIMIT = 256
const known = new Map<string, Speech>()

/** Spoken words in one format, ready to be cut into deltas. */
export type Speech = {
  bytes: Buffer
  bytesPerMs: number
  ms: number
  /** The same audio as 8 kHz µ-law. */
  mulaw: Uint8Array
}

/**
 * Speaks a text in the assistant's band at a speed of 0.4–1 (faster ones sound like 1); the last few hundred
 * texts are kept, as replies repeat.
 */
export function speechOf(text: string, format: AudioFormat, speed: number): Speech {
  const rate = Math.min(1, Math.max(0.4, speed))
  const key = `${format.type} ${rate}\n${text}`
  const cached = known.get(key)
  if (cached) return cached
  const pcm = speak(text, 'assistant', { rate })
  const encoded = encodeAudio(pcm, format)
  const speech = {
    bytes: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
    bytesPerMs: bytesPerMs(format),
    ms: Math.floor(pcm.length / 8),
    mulaw: encodeMulaw(pcm),
  }
  known.set(key, speech)
  for (const oldest of known.keys()) {
    if (known.size <= LIMIT) break
    known.delete(oldest)
  }
  return speech
}

/**
 * The words that belong to the first `ms` of a speech: the whole text in proportion to time, cut after a word,
 * slightly ahead of the audio as the live service's transcript is.
 */
export function wordsUntil(text: string, ms: number, totalMs: number): string {
  if (ms >= totalMs) return text
  const wanted = Math.ceil((text.length * ms) / Math.max(totalMs, 1))
  const rest = text.slice(wanted)
  const ahead = rest.search(/[\s\u3000-\u9fff]/)
  return text.slice(0, wanted + (ahead < 0 ? rest.length : ahead))
}
