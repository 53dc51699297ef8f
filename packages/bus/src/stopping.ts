import { pause } from './pause.ts'

/** Tells those who wait that it is over. */
export type Stopping = {
  readonly now: boolean
  begin(): void
  /** Waits `ms`, or until the stopping begins. */
  rest(ms: number): Promise<void>
}

export function createStopping(): Stopping {
  const resting = new Set<() => void>()
  let now = false
  return {
    get now() {
      return now
    },
    begin() {
      now = true
      for (const wake of resting) wake()
    },
    async rest(ms) {
      if (now) return
      const { over, wake } = pause(ms)
      resting.add(wake)
      await over
      resting.delete(wake)
    },
  }
}
