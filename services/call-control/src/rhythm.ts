/** Work that is done again and again; one round never overlaps the next. */
export type Rhythm = {
  /** Waits for the round that is being done. */
  stop(): Promise<void>
}

/** @param failed told of each round that threw; the next one comes all the same */
export function startRhythm(
  everyMs: number,
  work: () => Promise<unknown>,
  failed: (err: unknown) => void,
): Rhythm {
  let round: Promise<unknown> = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    round = work()
      .catch(failed)
      .finally(() => {
        busy = false
      })
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await round
    },
  }
}
