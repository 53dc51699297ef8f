import type { Recording } from './recording.ts'

const LIMIT = 1000
/** Samples of all recordings together: nine hours of both sides of a call. */
const SAMPLE_LIMIT = 2 * 9 * 3600 * 8000

/** The recordings of the account, deleted ones too; the oldest go when there are too many, or too long ones. */
export class RecordingStore {
  readonly #recordings = new Map<string, Recording>()

  add(recording: Recording): void {
    this.#recordings.set(recording.sid, recording)
    for (const { sid } of this.all) {
      if (this.#recordings.size <= LIMIT && this.#samples <= SAMPLE_LIMIT) break
      if (sid !== recording.sid) this.#recordings.delete(sid)
    }
  }

  get(sid: string): Recording | undefined {
    return this.#recordings.get(sid)
  }

  get #samples(): number {
    return this.all.reduce(
      (sum, { sound }) => sum + (sound ? sound.inbound.length + sound.outbound.length : 0),
      0,
    )
  }

  get all(): readonly Recording[] {
    return [...this.#recordings.values()]
  }
}
