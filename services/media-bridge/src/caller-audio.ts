import { MULAW_SILENCE } from '@toritsugi/audio'
import {
  appendFrame,
  appendFrameLength,
  base64Bytes,
  frameDone,
  frameRoom,
  writeAppendFrame,
} from '@toritsugi/realtime-protocol'
import type { BridgeCounts } from './bridge-metrics.ts'
import type { Batch } from './core/load.ts'
import { frameCame, type StreamClock, silenceDue } from './core/stream-clock.ts'
import type { RealtimeSocket } from './realtime-socket.ts'

/** The most that is kept while there is no session: 10 s of 20 ms frames. */
const mostKeptMs = 10_000
const bytesPerMs = 8

/**
 * The caller's audio on its way to the model. A class, as everything that is touched for every frame: with hundreds
 * of calls each further object on the way is a wait for memory.
 */
export class CallerAudio {
  readonly #clock: StreamClock
  readonly #counts: BridgeCounts
  readonly #batch: () => Batch
  #frames: RealtimeSocket['frames'] | undefined
  #framesIn = 0
  #sessionBytes = 0
  #totalBytes = 0
  /** Frames that wait to be written together, as places in the messages they came in. */
  #waiting = 0
  readonly #sources: Buffer[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #kept: { frame: Buffer; bytes: number }[] = []
  #keptBytes = 0
  #dropped = 0

  /** @param parts batch: how many appends go into one write now */
  constructor(parts: { clock: StreamClock; counts: BridgeCounts; batch(): Batch }) {
    this.#clock = parts.clock
    this.#counts = parts.counts
    this.#batch = parts.batch
  }

  /** One frame, as it stands in the carrier's message. */
  frame(bytes: Buffer, start: number, end: number, timestampMs: number): void {
    this.#framesIn++
    this.#counts.framesIn++
    const length = base64Bytes(bytes, start, end)
    const fill = frameCame(this.#clock, timestampMs, length / bytesPerMs, Math.round(performance.now()))
    if (fill > 0) this.#silence(fill)
    const frames = this.#frames
    if (frames === undefined) {
      this.#keep(appendFrame(bytes, start, end), length)
      return
    }
    this.#sessionBytes += length
    this.#totalBytes += length
    const batch = this.#batch()
    if (batch === 1 && this.#waiting === 0) {
      const frame = appendFrame(bytes, start, end)
      if (frames.write(frame)) frameDone(frame)
      return
    }
    this.#waiting = this.#sources.push(bytes)
    this.#starts.push(start)
    this.#ends.push(end)
    if (this.#waiting >= batch) this.flush()
  }

  /** A session is ready: what was kept goes first. */
  connect(next: Pick<RealtimeSocket, 'frames'>): void {
    this.#frames = next.frames
    this.#sessionBytes = this.#keptBytes
    this.#totalBytes += this.#keptBytes
    this.#keptBytes = 0
    const kept = this.#kept
    this.#kept = []
    if (kept.length > 0) next.frames.write(Buffer.concat(kept.map(({ frame }) => frame)))
  }

  /** No session: from now on audio is kept. */
  disconnect(): void {
    this.flush()
    this.#frames = undefined
  }

  /** Fills what the carrier leaves out, and writes what waits for company. */
  tick(now: number): void {
    this.flush()
    const due = silenceDue(this.#clock, now)
    if (due > 0) this.#silence(due)
  }

  /** Writes what waits for company, before something that must come after it. */
  flush(): void {
    if (this.#waiting === 0) return
    let length = 0
    for (let i = 0; i < this.#waiting; i++) length += appendFrameLength(this.#lengthOf(i))
    const target = frameRoom(length)
    let at = 0
    for (let i = 0; i < this.#waiting; i++) {
      const start = this.#starts[i] as number
      at = writeAppendFrame(target, at, this.#sources[i] as Buffer, start, start + this.#lengthOf(i))
    }
    this.#sources.length = 0
    this.#starts.length = 0
    this.#ends.length = 0
    this.#waiting = 0
    if (this.#frames === undefined || this.#frames.write(target)) frameDone(target)
  }

  /** Ms of audio the present session was given. */
  sessionMs(): number {
    return this.#sessionBytes / bytesPerMs
  }

  /** Ms of audio every session of this stream was given. */
  totalMs(): number {
    return this.#totalBytes / bytesPerMs
  }

  /** Frames that came. */
  framesIn(): number {
    return this.#framesIn
  }

  /** Frames that were kept too long. */
  dropped(): number {
    return this.#dropped
  }

  #lengthOf(i: number): number {
    return (this.#ends[i] as number) - (this.#starts[i] as number)
  }

  #keep(frame: Buffer, bytes: number): void {
    this.#kept.push({ frame, bytes })
    this.#keptBytes += bytes
    while (this.#keptBytes > mostKeptMs * bytesPerMs) {
      this.#keptBytes -= this.#kept.shift()?.bytes ?? 0
      this.#counts.dropped['caller-kept-too-long']++
      this.#dropped++
    }
  }

  #silence(ms: number): void {
    this.#counts.silenceMs += ms
    for (let rest = Math.round(ms); rest > 0; rest -= 100) {
      const frame = appendFrame(silencePayload(Math.min(rest, 100)))
      const bytes = Math.min(rest, 100) * bytesPerMs
      if (this.#frames === undefined) this.#keep(frame, bytes)
      else {
        this.flush()
        if (this.#frames.write(frame)) frameDone(frame)
        this.#sessionBytes += bytes
        this.#totalBytes += bytes
      }
    }
  }
}

const silences = new Map<number, Buffer>()

/** So many ms of µ-law silence as base64 text. */
function silencePayload(ms: number): Buffer {
  const known = silences.get(ms)
  if (known !== undefined) return known
  const made = Buffer.from(Buffer.alloc(ms * bytesPerMs, MULAW_SILENCE).toString('base64'), 'latin1')
  silences.set(ms, made)
  return made
}
