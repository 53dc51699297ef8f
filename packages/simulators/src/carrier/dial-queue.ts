import type { CarrierLimits } from './switches.ts'

/** Outbound calls of the account, dialed one after the other at its rate ("Calls per second"). */
export class DialQueue {
  readonly #limits: Pick<CarrierLimits, 'callsPerSecond' | 'queueSeconds'>
  readonly #waiting: (() => void)[] = []
  #lastAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Pick<CarrierLimits, 'callsPerSecond' | 'queueSeconds'>) {
    this.#limits = limits
  }

  /** Whether it holds as many calls as can be dialed in its longest time (22005). */
  get isFull(): boolean {
    return this.#waiting.length >= this.#limits.callsPerSecond * this.#limits.queueSeconds
  }

  /** Waits for a turn, or until the signal takes the call out of the queue. Answers the ms waited. */
  async turn(signal: AbortSignal): Promise<number> {
    const began = performance.now()
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        const leave = () => {
          const at = this.#waiting.indexOf(go)
          if (at >= 0) this.#waiting.splice(at, 1)
          if (this.#waiting.length === 0) this.#rest()
          resolve()
        }
        const go = () => {
          signal.removeEventListener('abort', leave)
          resolve()
        }
        signal.addEventListener('abort', leave, { once: true })
        this.#waiting.push(go)
        this.#serve()
      })
    }
    return Math.round(performance.now() - began)
  }

  #serve(): void {
    if (this.#timer || this.#waiting.length === 0) return
    const dueAt = this.#lastAt + 1000 / this.#limits.callsPerSecond
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#lastAt = performance.now()
        this.#waiting.shift()?.()
        this.#serve()
      },
      Math.max(0, dueAt - performance.now()),
    )
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
