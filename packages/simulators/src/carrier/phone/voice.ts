import { FRAME_SAMPLES } from '../line/line.ts'
import { FRAME_MS } from '../line/ticker.ts'
import type { Stretch } from './sound.ts'

/** What was said: `whole` is false when it was cut off. Times on the phone's clock. */
export type Said = Stretch & { text: string; whole: boolean }

type Saying = { pcm: Int16Array; at: number; startMs: number; text: string; done: (said: Said) => void }

/** What a person says, one thing after the other, in frames of 20 ms. */
export class Voice {
  readonly #begins: (text: string) => void
  readonly #ends: (said: Said) => void
  readonly #queue: Saying[] = []

  constructor(begins: (text: string) => void, ends: (said: Said) => void) {
    this.#begins = begins
    this.#ends = ends
  }

  /** Queues samples; resolves when they have been sent, or were broken off. */
  add(pcm: Int16Array, text: string, nowMs: number): Promise<Said> {
    if (pcm.length === 0) return Promise.resolve({ text, startMs: nowMs, endMs: nowMs, whole: true })
    return new Promise((resolve) => {
      this.#queue.push({ pcm, at: 0, startMs: nowMs, text, done: resolve })
    })
  }

  /** The next 20 ms that end now; undefined while nothing is said. */
  next(nowMs: number): Int16Array | undefined {
    const saying = this.#queue[0]
    if (!saying) return undefined
    if (saying.at === 0) {
      saying.startMs = nowMs - FRAME_MS
      this.#begins(saying.text)
    }
    const frame = whole(saying.pcm.subarray(saying.at, saying.at + FRAME_SAMPLES))
    saying.at += FRAME_SAMPLES
    if (saying.at >= saying.pcm.length) {
      this.#queue.shift()
      this.#end(saying, true)
    }
    return frame
  }

  /** Breaks everything off. */
  stop(): void {
    for (const saying of this.#queue.splice(0)) this.#end(saying, false)
  }

  #end({ text, startMs, at, done }: Saying, isWhole: boolean): void {
    const said = { text, startMs, endMs: startMs + at / 8, whole: isWhole }
    this.#ends(said)
    done(said)
  }
}

function whole(frame: Int16Array): Int16Array {
  if (frame.length === FRAME_SAMPLES) return frame
  const padded = new Int16Array(FRAME_SAMPLES)
  padded.set(frame)
  return padded
}
