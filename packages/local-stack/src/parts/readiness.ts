import { StackFault } from '@toritsugi/embedded-servers'

/**
 * Asks `url` until it answers 200. Rejects with a StackFault that carries the last answer when time is up.
 * `signal` ends the waiting at once (something died in the meantime).
 */
export async function waitUntilReady(
  name: string,
  url: string,
  options: { deadlineMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.deadlineMs
  let last = 'it did not answer'
  while (performance.now() < deadline) {
    options.signal.throwIfAborted()
    try {
      const response = await fetch(url, {
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(2_000)]),
      })
      const body = await response.text()
      if (response.ok) return
      last = `it said ${response.status} ${body.slice(0, 300)}`
    } catch {
      // Not listening yet.
    }
    await new Promise((wake) => setTimeout(wake, 50))
  }
  options.signal.throwIfAborted()
  throw new StackFault(`${name} was not ready within ${Math.round(options.deadlineMs / 1000)} s: ${last}.`)
}
