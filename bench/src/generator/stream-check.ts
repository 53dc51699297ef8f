import { type AudioCode, callOfHead, charsOf, HEAD_CHARS, seqOfHead } from './audio-code.ts'

export type Integrity = {
  sent: number
  /** Arrived whole and in order. */
  intact: number
  lost: number
  reordered: number
  duplicated: number
  /** Bytes that are not what was sent, or not ours at all. */
  altered: number
  /** Ms of silence put in by the relay while the caller sent. */
  filledMs: number
}

const SILENCE = 0xff
const MOST_MISSING = 100_000

/**
 * Checks one direction of one call. Units may come as they were sent (the usual case, told by comparing texts), or
 * cut and joined in other ways as long as the bytes are the same: then they are put together again first.
 */
export class StreamCheck {
  readonly #code: AudioCode
  readonly #call: number
  #expected = 0
  #sent = 0
  #paused = false
  #missing = new Set<number>()
  #rest: Buffer = Buffer.alloc(0)
  readonly counts: Integrity = {
    sent: 0,
    intact: 0,
    lost: 0,
    reordered: 0,
    duplicated: 0,
    altered: 0,
    filledMs: 0,
  }

  constructor(code: AudioCode, call: number) {
    this.#code = code
    this.#call = call
  }

  /** The next unit to be sent; count it before it is written. */
  nextSent(): number {
    this.counts.sent = this.#sent + 1
    return this.#sent++
  }

  /** From now on the caller sends nothing: silence in its place is as it should be. */
  pause(): void {
    this.#paused = true
  }

  /** Units that have not come yet. */
  get outstanding(): number {
    return this.#sent - this.#expected + this.#missing.size
  }

  /**
   * Takes base64 text that arrived: `bytes[start, end)`.
   * @returns the number of the last unit completed by it, or -1
   */
  take(bytes: Buffer, start: number, end: number): number {
    if (this.#rest.length === 0) {
      const seq = this.#wholeUnit(bytes, start, end)
      if (seq >= 0) return this.#place(seq)
    }
    return this.#takeBytes(Buffer.from(bytes.toString('latin1', start, end), 'base64'))
  }

  /** Counts what never came. */
  close(): Integrity {
    this.counts.lost = this.#missing.size + (this.#sent - this.#expected)
    if (this.#rest.length > 0) this.counts.altered++
    return this.counts
  }

  #wholeUnit(bytes: Buffer, start: number, end: number): number {
    if (end - start < HEAD_CHARS || callOfHead(bytes, start) !== this.#call) return -1
    const seq = seqOfHead(bytes, start)
    if (seq < 0 || seq >= this.#sent) return -1
    const body = this.#code.bodyOf(this.#call, seq)
    if (end - start !== HEAD_CHARS + body.length) return -1
    return bytes.compare(body, 0, body.length, start + HEAD_CHARS, end) === 0 ? seq : -1
  }

  #takeBytes(audio: Buffer): number {
    if (audio.length === 0) return -1
    if (audio.every((byte) => byte === SILENCE)) {
      if (!this.#paused) this.counts.filledMs += Math.round(audio.length / 8)
      return -1
    }
    let rest = this.#rest.length === 0 ? audio : Buffer.concat([this.#rest, audio])
    let last = -1
    while (rest.length >= HEAD_CHARS) {
      const seq = seqOfHead(Buffer.from(rest.toString('base64', 0, 6)), 0)
      const known = seq >= 0 && seq < this.#sent
      const length = known ? this.#code.bytesOf(seq) : 0
      if (known && rest.length < length) break
      const text = known ? Buffer.from(rest.toString('base64', 0, length)) : rest
      if (!known || text.length !== charsOf(length) || this.#wholeUnit(text, 0, text.length) < 0) {
        // Nothing to hold on to: what is left is not what was sent.
        this.counts.altered++
        this.#rest = Buffer.alloc(0)
        return last
      }
      last = this.#place(seq)
      rest = rest.subarray(length)
    }
    this.#rest = Buffer.from(rest)
    return last
  }

  #place(seq: number): number {
    if (seq === this.#expected) {
      this.#expected++
      this.counts.intact++
    } else if (seq > this.#expected) {
      for (let i = this.#expected; i < seq && this.#missing.size < MOST_MISSING; i++) this.#missing.add(i)
      this.#expected = seq + 1
      this.counts.intact++
    } else if (this.#missing.delete(seq)) this.counts.reordered++
    else this.counts.duplicated++
    return seq
  }
}

/** Adds the counts of many checks. */
export function sumOf(all: readonly Integrity[]): Integrity {
  const sum: Integrity = {
    sent: 0,
    intact: 0,
    lost: 0,
    reordered: 0,
    duplicated: 0,
    altered: 0,
    filledMs: 0,
  }
  for (const one of all) for (const key of Object.keys(sum) as (keyof Integrity)[]) sum[key] += one[key]
  return sum
}
