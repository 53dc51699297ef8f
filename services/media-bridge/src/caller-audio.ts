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

/** The caller's audio on its way to the model. */
export type CallerAudio = {
  /** One frame, as it stands in the carrier's message. */
  frame(bytes: Buffer, start: number, end: number, timestampMs: number): void
  /** A session is ready: what was kept goes first. */
  connect(socket: RealtimeSocket): void
  /** No session: from now on audio is kept. */
  disconnect(): void
  /** Fills what the carrier leaves out, and writes what waits for company. */
  tick(now: number): void
  /** Writes what waits for company, before something that must come after it. */
  flush(): void
  /** Ms of audio the present session was given. */
  sessionMs(): number
  /** Ms of audio every session of this stream was given. */
  totalMs(): number
  /** Frames that were kept too long. */
  dropped(): number
}

/** The most that is kept while there is no session: 10 s of 20 ms frames. */
const mostKeptMs = 10_000
const bytesPerMs = 8

export function callerAudio(parts: {
  clock: StreamClock
  counts: BridgeCounts
  /** How many appends go into one write now. */
  batch(): Batch
}): CallerAudio {
  const { clock, counts } = parts
  let socket: RealtimeSocket | undefined
  let kept: { frame: Buffer; bytes: number }[] = []
  let keptBytes = 0
  let dropped = 0
  let sessionBytes = 0
  let totalBytes = 0
  // Frames that wait to be written together, as places in the messages they came in.
  const sources: Buffer[] = []
  const starts: number[] = []
  const ends: number[] = []

  const flush = (): void => {
    const count = sources.length
    if (count === 0) return
    let length = 0
    for (let i = 0; i < count; i++) length += appendFrameLength((ends[i] as number) - (starts[i] as number))
    const target = frameRoom(length)
    let at = 0
    for (let i = 0; i < count; i++) {
      at = writeAppendFrame(target, at, sources[i] as Buffer, starts[i] as number, ends[i] as number)
    }
    sources.length = 0
    starts.length = 0
    ends.length = 0
    write(target)
  }

  const write = (frame: Buffer): void => {
    if (socket === undefined || socket.write(frame)) frameDone(frame)
  }

  const keep = (frame: Buffer, bytes: number): void => {
    kept.push({ frame, bytes })
    keptBytes += bytes
    while (keptBytes > mostKeptMs * bytesPerMs) {
      keptBytes -= kept.shift()?.bytes ?? 0
      counts.dropped['caller-kept-too-long']++
      dropped++
    }
  }

  const silence = (ms: number): void => {
    counts.silenceMs += ms
    for (let rest = Math.round(ms); rest > 0; rest -= 100) {
      const payload = silencePayload(Math.min(rest, 100))
      const bytes = Math.min(rest, 100) * bytesPerMs
      if (socket === undefined) keep(appendFrame(payload), bytes)
      else {
        flush()
        write(appendFrame(payload))
        sessionBytes += bytes
        totalBytes += bytes
      }
    }
  }

  return {
    frame(bytes, start, end, timestampMs) {
      counts.framesIn++
      const length = base64Bytes(bytes, start, end)
      const fill = frameCame(clock, timestampMs, length / bytesPerMs, performance.now())
      if (fill > 0) silence(fill)
      if (socket === undefined) {
        keep(appendFrame(bytes, start, end), length)
        return
      }
      sessionBytes += length
      totalBytes += length
      const batch = parts.batch()
      if (batch === 1 && sources.length === 0) {
        write(appendFrame(bytes, start, end))
        return
      }
      sources.push(bytes)
      starts.push(start)
      ends.push(end)
      if (sources.length >= batch) flush()
    },
    connect(next) {
      socket = next
      sessionBytes = 0
      if (kept.length === 0) return
      const frames = kept
      kept = []
      sessionBytes = keptBytes
      totalBytes += keptBytes
      keptBytes = 0
      next.write(Buffer.concat(frames.map(({ frame }) => frame)))
    },
    disconnect() {
      flush()
      socket = undefined
    },
    tick(now) {
      flush()
      const due = silenceDue(clock, now)
      if (due > 0) silence(due)
    },
    flush,
    sessionMs: () => sessionBytes / bytesPerMs,
    totalMs: () => totalBytes / bytesPerMs,
    dropped: () => dropped,
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
