import type { Recording } from './recording.ts'

const LIMIT = 1000

/** The recordings of the account, deleted ones too; the oldest go when there are more than a thousand. */
export class RecordingStore {
  readonly #recordings = new Map<string, Recording>()

  add(recording: Recording): void {
    this.#recordings.set(recording.sid, recording)
    for (const oldest of this.#recordings.keys()) {
      if (this.#recordings.size <= LIMIT) break
      this.#recordings.delete(oldest)
    }
  }

  get(sid: string): Recording | undefined {
    return this.#recordings.get(sid)
  }

  get all(): readonly Recording[] {
    return [...this.#recordings.values()]
  }
}
