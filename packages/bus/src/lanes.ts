/**
 * Runs jobs one after another within a lane, and those of different lanes at the same time, at most `parallel`
 * at once. What waits is bounded by whoever adds: the consumer stops at its unacknowledged messages.
 */
export type Lanes = {
  add(lane: string, job: () => Promise<void>): void
  /** Jobs waiting or running. */
  readonly size: number
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>
}

export function createLanes(parallel: number): Lanes {
  const waiting = new Map<string, (() => Promise<void>)[]>()
  const ready: string[] = []
  const running = new Set<string>()
  const idlers: (() => void)[] = []
  let size = 0

  const run = async (lane: string): Promise<void> => {
    const job = waiting.get(lane)?.shift()
    try {
      await job?.()
    } catch {
      // A job answers for its own errors; a lane never stops because of one.
    }
    size--
    running.delete(lane)
    if (waiting.get(lane)?.length) ready.push(lane)
    else waiting.delete(lane)
    if (size === 0) for (const resolve of idlers.splice(0)) resolve()
    next()
  }

  const next = (): void => {
    while (running.size < parallel) {
      const lane = ready.shift()
      if (lane === undefined) return
      running.add(lane)
      void run(lane)
    }
  }

  return {
    add(lane, job) {
      size++
      const queue = waiting.get(lane)
      if (queue) queue.push(job)
      else {
        waiting.set(lane, [job])
        ready.push(lane)
      }
      next()
    },
    get size() {
      return size
    },
    idle() {
      if (size === 0) return Promise.resolve()
      return new Promise((resolve) => idlers.push(resolve))
    },
  }
}
