/** One line of the account's debugger: an error or warning with Twilio's own code. */
export type DebugEntry = {
  at: string
  level: 'error' | 'warning'
  code: string
  message: string
  callSid?: string
  streamSid?: string
  url?: string
}

/** Entries kept; beyond it the oldest are dropped. */
const LIMIT = 10_000

/** What the customer did wrong, as the console of the real service lists it. A test fails on unannounced entries. */
export class Debugger {
  readonly #entries: DebugEntry[] = []
  readonly #listeners = new Set<(entry: DebugEntry) => void>()
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

  error(
    code: string,
    message: string,
    about: Omit<DebugEntry, 'at' | 'level' | 'code' | 'message'> = {},
  ): void {
    this.#add({ at: new Date().toISOString(), level: 'error', code, message, ...about })
  }

  warning(
    code: string,
    message: string,
    about: Omit<DebugEntry, 'at' | 'level' | 'code' | 'message'> = {},
  ): void {
    this.#add({ at: new Date().toISOString(), level: 'warning', code, message, ...about })
  }

  /** Calls back for each new entry; the answer stops it. */
  onEntry(listener: (entry: DebugEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  clear(): void {
    this.#entries.length = 0
    this.#announced = []
  }

  #add(entry: DebugEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > LIMIT) this.#entries.shift()
    for (const listener of this.#listeners) listener(entry)
  }
}
