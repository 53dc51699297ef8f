export const FRAME_MS = 20
/** Lines are spread over so many starts within a frame, so that many calls do not all send at one instant. */
const SLOTS = 4

/** Called every 20 ms with the time of the tick (`performance.now()` scale), on average free of drift. */
export type OnTick = (now: number) => void

/** The carrier's sample clock. Late ticks are made up for; nothing runs while nobody listens. */
export class Ticker {
  readonly #slots = Array.from({ length: SLOTS }, () => new Slot())
  #next = 0

  /** Ticks until the answer is called. */
  start(onTick: OnTick): () => void {
    const slot = this.#slots[this.#next % SLOTS] as Slot
    this.#next += 1
    return slot.add(onTick)
  }

  stop(): void {
    for (const slot of this.#slots) slot.stop()
  }
}

class Slot {
  readonly #listeners = new Set<OnTick>()
  #timer: NodeJS.Timeout | undefined
  #late: NodeJS.Immediate | undefined
  #due = 0

  add(onTick: OnTick): () => void {
    this.#listeners.add(onTick)
    if (!this.#timer) {
      this.#due = performance.now() + FRAME_MS
      this.#wait()
    }
    return () => this.#listeners.delete(onTick)
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#late)
    this.#timer = undefined
    this.#listeners.clear()
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#due - performance.now()))
  }

  /** One tick. Late ones follow one by one, so that what arrives between them is not passed over. */
  #run(): void {
    for (const onTick of this.#listeners) onTick(this.#due)
    this.#due += FRAME_MS
    if (this.#listeners.size === 0) this.#timer = undefined
    else if (this.#due <= performance.now()) this.#late = setImmediate(() => this.#run())
    else this.#wait()
  }
}
