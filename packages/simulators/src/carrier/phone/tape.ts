const FIRST_SAMPLES = 8000 * 10
/** 90 minutes; what comes later is not kept. */
const MAX_SAMPLES = 8000 * 60 * 90

/** Audio that grows, in 8 kHz samples. */
export class Tape {
  #samples = new Int16Array(FIRST_SAMPLES)
  #length = 0

  get ms(): number {
    return this.#length / 8
  }

  /** The samples so far (a view: copy it to keep it). */
  get pcm(): Int16Array {
    return this.#samples.subarray(0, this.#length)
  }

  /** Forgets all of it. */
  clear(): void {
    this.#samples = new Int16Array(0)
    this.#length = 0
  }

  /** Adds a frame, or `samples` of silence. */
  add(frame: Int16Array | undefined, samples: number): void {
    const end = this.#length + samples
    if (end > MAX_SAMPLES) return
    if (end > this.#samples.length) {
      const larger = new Int16Array(Math.max(FIRST_SAMPLES, this.#samples.length * 2))
      larger.set(this.pcm)
      this.#samples = larger
    }
    if (frame) this.#samples.set(frame, this.#length)
    this.#length = end
  }
}
