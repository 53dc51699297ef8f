import { Fault, type ProblemCode } from '@toritsugi/contracts'

/**
 * Waits for `work` at most so many ms. The work itself goes on: what it does must do no harm when it comes late.
 * @throws Fault with `code` when it was not done in time
 */
export async function within<T>(ms: number, code: ProblemCode, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Fault(code, { detail: `no answer in ${ms} ms` })), ms)
  })
  // Nobody may be listening any more when it fails in the end.
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
