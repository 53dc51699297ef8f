/** Something a client did that the real service refuses, or that hints at a mistake. */
export type DebugEntry = {
  at: number
  sessionId: string | null
  /** `x-request-id`, when it was a request over HTTP. */
  requestId?: string
  /** An `error.code` that was sent, or one of the suspicions below. */
  code: string
  message: string
  /** Type of the client event that caused it, or method and path of the request. */
  event: string | null
}

export type Suspicion =
  | 'append-before-session-updated'
  | 'response-before-session-updated'
  | 'audio-format-mismatch'
  | 'truncate-while-generating'
  | 'undeclared-tool'
  | 'client-not-reading'
  | 'mcp-not-simulated'
  | 'no-pong'
  | 'not-simulated'
  | 'off-schema'
  | 'instructions-ignored'

const LIMIT = 10_000

/** A list of what clients did wrong; a test fails on any entry that it did not announce. */
export class Debugger {
  readonly #entries: DebugEntry[] = []
  #announced: (string | RegExp)[] = []

  get entries(): readonly DebugEntry[] {
    return this.#entries
  }

  /** The entries that nobody announced. */
  get unexpected(): DebugEntry[] {
    return this.#entries.filter(
      ({ code }) =>
        !this.#announced.some((known) => (typeof known === 'string' ? known === code : known.test(code))),
    )
  }

  /** Announces codes that a test is going to cause. */
  expect(...codes: (string | RegExp)[]): void {
    this.#announced.push(...codes)
  }

  add(entry: Omit<DebugEntry, 'at'>): void {
    this.#entries.push({ at: Date.now(), ...entry })
    if (this.#entries.length > LIMIT) this.#entries.shift()
  }

  clear(): void {
    this.#entries.length = 0
    this.#announced = []
  }
}
