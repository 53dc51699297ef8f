import { vi } from 'vitest'

/** Repeats an expectation until it holds; fails with its last complaint after `withinMs`. */
export function eventually(check: () => void | Promise<void>, withinMs = 10_000): Promise<void> {
  return vi.waitFor(check, { timeout: withinMs, interval: 20 })
}
