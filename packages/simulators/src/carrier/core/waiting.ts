type Waiter = {
  test: () => unknown
  found: (value: unknown) => void
  reject: (error: Error) => void
  what: string
}

/** Waits for a condition that is looked at whenever something happened. */
export class Waiting {
  readonly #waiters = new Set<Waiter>()

  get isEmpty(): boolean {
    return this.#waiters.size === 0
  }

  /** Resolves with the first value of `test` that is not undefined; rejects after `timeoutMs` with `complaint()`. */
  for<T>(what: string, timeoutMs: number, test: () => T | undefined, complaint: () => string): Promise<T> {
    const value = test()
    if (value !== undefined) return Promise.resolve(value)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(new Error(`Waited ${timeoutMs} ms for ${what}. ${complaint()}`))
      }, timeoutMs)
      const waiter: Waiter = {
        what,
        test,
        found: (found) => {
          clearTimeout(timer)
          resolve(found as T)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** Something happened: look again. */
  wake(): void {
    for (const waiter of this.#waiters) {
      const value = waiter.test()
      if (value === undefined) continue
      this.#waiters.delete(waiter)
      waiter.found(value)
    }
  }

  /** Nothing will happen any more. */
  giveUp(reason: string): void {
    for (const { what, reject } of this.#waiters) reject(new Error(`There was no ${what}: ${reason}`))
    this.#waiters.clear()
  }
}
