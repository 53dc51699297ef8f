import { MULAW_SILENCE } from '@toritsugi/audio'

export const FRAME_BYTES = 160

type Chunk = { bytes: Uint8Array; taken: number }
type Mark = { name: string; at: number }

/**
 * What waits to be played to the caller, in the order of arrival, with the marks between. Positions are bytes since
 * the stream began. Pure: the caller of `play` is its clock.
 */
export class Playout {
  readonly #chunks: Chunk[] = []
  readonly #marks: Mark[] = []
  #received = 0
  #played = 0

  /** Bytes that are not played yet. */
  get queued(): number {
    return this.#received - this.#played
  }

  get pendingMarks(): number {
    return this.#marks.length
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#chunks.push({ bytes, taken: 0 })
    this.#received += bytes.length
  }

  mark(name: string): void {
    this.#marks.push({ name, at: this.#received })
  }

  /** Marks whose audio has been played, in order; they are handed out once. */
  reached(): string[] {
    const names: string[] = []
    while (this.#marks[0] && this.#marks[0].at <= this.#played) names.push((this.#marks.shift() as Mark).name)
    return names
  }

  /** Throws away unplayed audio; all pending marks are reached by it. */
  clear(): void {
    this.#chunks.length = 0
    this.#played = this.#received
  }

  /** The next 20 ms, the end filled with silence; undefined when nothing is queued. */
  play(): Uint8Array | undefined {
    if (this.#chunks.length === 0) return undefined
    const frame = new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE)
    let filled = 0
    while (filled < FRAME_BYTES && this.#chunks[0]) {
      const chunk = this.#chunks[0]
      const part = chunk.bytes.subarray(chunk.taken, chunk.taken + FRAME_BYTES - filled)
      frame.set(part, filled)
      filled += part.length
      chunk.taken += part.length
      if (chunk.taken === chunk.bytes.length) this.#chunks.shift()
    }
    this.#played += filled
    return frame
  }
}
