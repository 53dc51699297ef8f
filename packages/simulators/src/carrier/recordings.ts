import { writeWav } from '@toritsugi/audio'
import { newSid } from './core/sid.ts'

/** What a caller left ("Recordings resource"). */
export type Recording = {
  sid: string
  callSid: string
  pcm: Int16Array
  startedAt: Date
  seconds: number
  source: 'RecordVerb'
}

const LIMIT = 1000

/** The recordings of the account; the oldest go when there are more than a thousand. */
export class RecordingStore {
  readonly #recordings = new Map<string, Recording>()

  add(callSid: string, pcm: Int16Array, startedAt: Date): Recording {
    const seconds = Math.ceil(pcm.length / 8000)
    const recording: Recording = { sid: newSid('RE'), callSid, pcm, startedAt, seconds, source: 'RecordVerb' }
    this.#recordings.set(recording.sid, recording)
    for (const oldest of this.#recordings.keys()) {
      if (this.#recordings.size <= LIMIT) break
      this.#recordings.delete(oldest)
    }
    return recording
  }

  get(sid: string): Recording | undefined {
    return this.#recordings.get(sid)
  }

  wav(recording: Recording): Uint8Array {
    return writeWav(recording.pcm)
  }

  get all(): readonly Recording[] {
    return [...this.#recordings.values()]
  }
}
