import type { JsonObject } from '../protocol/shape.ts'

export type Endpoint = 'chat' | 'speech'

/** How the answer to a request ended; null while it is under way. */
export type RequestEnd = 'whole' | 'refused' | 'client-left' | 'unread' | 'dropped'

/** One request over HTTP and what became of it. */
export type RequestRecord = {
  /** Counted from 0 over both endpoints. */
  readonly index: number
  /** `x-request-id` of the answer. */
  readonly id: string
  readonly method: string
  readonly path: string
  endpoint: Endpoint | null
  model: string | null
  /** The JSON that was sent; null when it was none. */
  body: JsonObject | null
  status: number | null
  /** The code of a refusal. */
  code: string | null
  /** Words of the answer: said by the model, or spoken. */
  said: string | null
  calls: readonly { name: string; arguments: string }[]
  finish: string | null
  usage: JsonObject | null
  /** Milliseconds of `performance.now()`. */
  readonly at: number
  firstByteAt: number | null
  endedAt: number | null
  ended: RequestEnd | null
}

const LIMIT = 500

type Waiter = { test: (record: RequestRecord) => boolean; found: (record: RequestRecord) => void }

/** The last few hundred requests, with a way to wait for what is still to come. */
export class RequestLog {
  readonly #records: RequestRecord[] = []
  readonly #waiters = new Set<Waiter>()
  #opened = 0

  get records(): readonly RequestRecord[] {
    return this.#records
  }

  open(id: string, method: string, path: string): RequestRecord {
    const record: RequestRecord = {
      index: this.#opened,
      id,
      method,
      path,
      endpoint: null,
      model: null,
      body: null,
      status: null,
      code: null,
      said: null,
      calls: [],
      finish: null,
      usage: null,
      at: performance.now(),
      firstByteAt: null,
      endedAt: null,
      ended: null,
    }
    this.#opened += 1
    this.#records.push(record)
    if (this.#records.length > LIMIT) this.#records.shift()
    this.changed(record)
    return record
  }

  /** Says that a record has changed, to those who wait. */
  changed(record: RequestRecord): void {
    for (const waiter of this.#waiters) {
      if (!waiter.test(record)) continue
      this.#waiters.delete(waiter)
      waiter.found(record)
    }
  }

  end(record: RequestRecord, ended: RequestEnd): void {
    if (record.ended) return
    record.ended = ended
    record.endedAt = performance.now()
    this.changed(record)
  }

  /** The first record, past or future, that passes the test. Rejects after `timeoutMs`. */
  waitFor(test: (record: RequestRecord) => boolean, timeoutMs = 10_000): Promise<RequestRecord> {
    const past = this.#records.find(test)
    if (past) return Promise.resolve(past)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        test,
        found: (record) => {
          clearTimeout(timer)
          resolve(record)
        },
      }
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(new Error(`No such request within ${timeoutMs} ms; there were ${this.#opened}.`))
      }, timeoutMs)
      this.#waiters.add(waiter)
    })
  }
}
