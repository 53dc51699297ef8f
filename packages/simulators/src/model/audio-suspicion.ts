import type { AudioFormat } from './core/session-config.ts'

/** Bytes of voiced audio to look at before judging. */
const ENOUGH = 1600

/**
 * Guesses whether appended bytes are of another format than the session reads: in 16-bit PCM the second byte of
 * each sample is nearly always close to 0 or 255, in G.711 both places look alike. Silence tells nothing.
 */
export class FormatSuspicion {
  #even = 0
  #odd = 0
  #seen = 0
  #judged = false

  reset(): void {
    this.#even = 0
    this.#odd = 0
    this.#seen = 0
    this.#judged = false
  }

  /** What the bytes look like when it is not `format`; null while they fit, are silent, or were judged before. */
  look(bytes: Uint8Array, format: AudioFormat): 'pcm' | 'g711' | null {
    if (this.#judged || !isVoiced(bytes)) return null
    for (let index = 0; index + 1 < bytes.length; index += 2) {
      if (isSmall(bytes[index] ?? 0)) this.#even += 1
      if (isSmall(bytes[index + 1] ?? 0)) this.#odd += 1
    }
    this.#seen += bytes.length
    if (this.#seen < ENOUGH) return null
    this.#judged = true
    const looksPcm = Math.abs(this.#odd - this.#even) / (this.#seen / 2) > 0.35
    if (format.type === 'audio/pcm') return looksPcm ? null : 'g711'
    return looksPcm ? 'pcm' : null
  }
}

function isSmall(byte: number): boolean {
  return byte < 20 || byte > 235
}

/** More than a few different byte values: neither µ-law nor PCM silence. */
function isVoiced(bytes: Uint8Array): boolean {
  return new Set(bytes.subarray(0, 320)).size > 24
}
