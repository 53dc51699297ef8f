import type { Call } from '../call.ts'
import { FRAME_SAMPLES } from '../line/line.ts'
import { Tape } from '../phone/tape.ts'
import { processRecording, setStatus, tellRecording } from './processing.ts'
import { newRecording, type Recording, type RecordingSettings } from './recording.ts'
import type { Sound } from './sound.ts'

export type PauseBehavior = 'skip' | 'silence'

type Running = {
  recording: Recording
  inbound: Tape
  outbound: Tape
  pause: PauseBehavior | undefined
  stopTapping: () => void
}

/** The recordings of one call that are made of its line: through every verb, stream and redirect, until stopped. */
export class CallRecordings {
  readonly #call: Call
  readonly #running = new Map<string, Running>()
  readonly #processing = new Set<Promise<void>>()
  /** The one asked for when the call was created. */
  ofCall: Recording | undefined

  constructor(call: Call) {
    this.#call = call
  }

  /** The one that was started last and still runs (`Twilio.CURRENT`). */
  get current(): Recording | undefined {
    return [...this.#running.values()].at(-1)?.recording
  }

  isRunning(sid: string): boolean {
    return this.#running.has(sid)
  }

  /** Records both directions of the line from now on. */
  start(settings: RecordingSettings): Recording {
    const recording = newRecording(this.#call.sid, settings, new Date())
    const inbound = new Tape()
    const outbound = new Tape()
    const running: Running = { recording, inbound, outbound, pause: undefined, stopTapping: () => {} }
    running.stopTapping = this.#call.line.tap((said, heard) => {
      if (running.pause === 'skip') return
      const isSilent = running.pause === 'silence'
      inbound.add(isSilent ? undefined : said, FRAME_SAMPLES)
      outbound.add(isSilent ? undefined : heard, FRAME_SAMPLES)
    })
    this.#running.set(recording.sid, running)
    this.#call.world.recordings.add(recording)
    setStatus(this.#call, recording, 'in-progress')
    tellRecording(this.#call, recording, 'in-progress')
    return recording
  }

  /** Leaves out what comes, or records silence instead. False when it does not run. */
  pause(sid: string, behavior: PauseBehavior): boolean {
    const running = this.#running.get(sid)
    if (!running) return false
    running.pause = behavior
    setStatus(this.#call, running.recording, 'paused')
    return true
  }

  resume(sid: string): boolean {
    const running = this.#running.get(sid)
    if (!running) return false
    running.pause = undefined
    setStatus(this.#call, running.recording, 'in-progress')
    return true
  }

  /** Ends it for good; its file comes later. */
  stop(sid: string): boolean {
    const running = this.#running.get(sid)
    if (!running) return false
    running.stopTapping()
    this.#running.delete(sid)
    setStatus(this.#call, running.recording, 'stopped')
    this.process(running.recording, {
      inbound: running.inbound.pcm.slice(),
      outbound: running.outbound.pcm.slice(),
    })
    return true
  }

  stopAll(): void {
    for (const sid of [...this.#running.keys()]) this.stop(sid)
  }

  /** Makes the file of a recording of this call; `isEmpty`: nothing was said into it. */
  process(recording: Recording, sound: Sound, isEmpty = false): void {
    const processing = processRecording(this.#call, recording, sound, isEmpty).finally(() =>
      this.#processing.delete(processing),
    )
    this.#processing.add(processing)
  }

  /** Resolves when all files have been made. */
  async settled(): Promise<void> {
    await Promise.all(this.#processing)
  }
}
