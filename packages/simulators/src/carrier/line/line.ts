import type { Ticker } from './ticker.ts'

export const FRAME_SAMPLES = 160

/** The telephone at the end of a line. */
export type Handset = {
  /** The next 20 ms the phone sends; undefined is silence. */
  nextFrame(): Int16Array | undefined
  /** 20 ms that reach the phone's ear; undefined is silence. */
  hear(frame: Int16Array | undefined): void
}

/** What plays to the phone: 20 ms, or undefined for silence. */
export type Source = (now: number) => Int16Array | undefined
/** Who takes what the phone sends. */
export type Sink = (frame: Int16Array | undefined, now: number) => void

/** Who takes both directions of the same 20 ms: what the phone said, what it heard. */
export type Tap = (said: Int16Array | undefined, heard: Int16Array | undefined) => void

/** The two-way audio of one leg while it is answered: one frame each way every 20 ms. */
export class Line {
  readonly #ticker: Ticker
  readonly #handset: Handset
  readonly #sinks = new Set<Sink>()
  readonly #taps = new Set<Tap>()
  #source: Source | undefined
  #stop: (() => void) | undefined

  constructor(ticker: Ticker, handset: Handset) {
    this.#ticker = ticker
    this.#handset = handset
  }

  open(): void {
    this.#stop ??= this.#ticker.start((now) => this.#tick(now))
  }

  close(): void {
    this.#stop?.()
    this.#stop = undefined
  }

  /** Plays from a source until the answer is called. A later source takes the place of an earlier one. */
  playFrom(source: Source): () => void {
    this.#source = source
    return () => {
      if (this.#source === source) this.#source = undefined
    }
  }

  /** Gives what the phone sends to a sink until the answer is called. */
  listen(sink: Sink): () => void {
    this.#sinks.add(sink)
    return () => this.#sinks.delete(sink)
  }

  /** Gives both directions to a tap until the answer is called. */
  tap(tap: Tap): () => void {
    this.#taps.add(tap)
    return () => this.#taps.delete(tap)
  }

  /** Plays samples to the end, or until the signal. */
  play(pcm: Int16Array, signal: AbortSignal): Promise<void> {
    if (signal.aborted || pcm.length === 0) return Promise.resolve()
    return new Promise((resolve) => {
      let at = 0
      const end = () => {
        signal.removeEventListener('abort', end)
        silence()
        resolve()
      }
      const silence = this.playFrom(() => {
        if (at >= pcm.length) {
          end()
          return undefined
        }
        const frame = new Int16Array(FRAME_SAMPLES)
        frame.set(pcm.subarray(at, at + FRAME_SAMPLES))
        at += FRAME_SAMPLES
        return frame
      })
      signal.addEventListener('abort', end)
    })
  }

  #tick(now: number): void {
    const spoken = this.#handset.nextFrame()
    for (const sink of this.#sinks) sink(spoken, now)
    const heard = this.#source?.(now)
    this.#handset.hear(heard)
    for (const tap of this.#taps) tap(spoken, heard)
  }
}

/** Waits, or is woken by the signal. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1))
    signal.addEventListener('abort', end)
  })
}

/** The promise's value, or undefined as soon as the signal comes; what then still runs is left to itself. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = new AbortController()
  const waiting = wait(Number.MAX_SAFE_INTEGER, AbortSignal.any([signal, aborted.signal]))
  try {
    return await Promise.race([promise, waiting.then(() => undefined)])
  } finally {
    aborted.abort()
  }
}
