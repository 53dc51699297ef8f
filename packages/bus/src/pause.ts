/** Waits `ms`, or until `wake` is called. */
export function pause(ms: number): { over: Promise<void>; wake(): void } {
  let wake = () => {}
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
  return { over, wake: () => wake() }
}

/** Resolves to false when `work` is not done after `ms`; what is late goes on unwatched. */
export async function doneWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = pause(ms)
  try {
    return await Promise.race([work.then(() => true), late.over.then(() => false)])
  } finally {
    late.wake()
  }
}
