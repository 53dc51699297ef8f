import type { JsonObject } from './protocol/shape.ts'

/** One event that crossed the socket. Audio bytes are replaced by their count. */
export type LoggedEvent = { at: number; type: string; event: JsonObject }

export type Logged = LoggedEvent & { by: 'client' | 'server' }

const LIMIT = 10_000

type Waiter = { test: (entry: Logged) => boolean; found: (entry: Logged) => void }

/** Both directions of one session's socket, in order, with a way to wait for what is still to come. */
export class SessionLog {
  readonly #entries: Logged[] = []
  readonly #waiters = new Set<Waiter>()

  get entries(): readonly Logged[] {
    return this.#entries
  }

  add(by: 'client' | 'server', type: string, event: JsonObject): void {
    const entry = { by, at: performance.now(), type, event: withoutAudio(type, event) }
    this.#entries.push(entry)
    if (this.#entries.length > LIMIT) this.#entries.shift()
    for (const waiter of this.#waiters) {
      if (!waiter.test(entry)) continue
      this.#waiters.delete(waiter)
      waiter.found(entry)
    }
  }

  of(by: 'client' | 'server', type?: string): LoggedEvent[] {
    return this.#entries.filter((entry) => entry.by === by && (type === undefined || entry.type === type))
  }

  /** The first entry, past or future, that passes the test. Rejects after `timeoutMs`. */
  waitFor(test: (entry: Logged) => boolean, timeoutMs = 10_000): Promise<Logged> {
    const past = this.#entries.find(test)
    if (past) return Promise.resolve(past)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        test,
        found: (entry) => {
          clearTimeout(timer)
          resolve(entry)
        },
      }
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        const last = this.#entries.slice(-12).map(({ by, type }) => `${by} ${type}`)
        reject(new Error(`The session did not come to it in ${timeoutMs} ms. Last: ${last.join(', ')}`))
      }, timeoutMs)
      this.#waiters.add(waiter)
    })
  }
}

function withoutAudio(type: string, event: JsonObject): JsonObject {
  if (type === 'response.output_audio.delta' && typeof event.delta === 'string') {
    return { ...event, delta: `${event.delta.length} characters`, obfuscation: undefined }
  }
  return event
}
