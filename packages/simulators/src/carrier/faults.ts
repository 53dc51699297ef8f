/** Trouble that can be ordered, globally or for one call. `times` limits how often it strikes (default: always). */
export type Fault = FaultKind & {
  /** Only for this call, or calls from or to this number. */
  callSid?: string
  number?: string
  times?: number
}

export type FaultKind =
  /** Media is not sent while the caller is silent (DTX); after `keepMs` of silence (default 0). */
  | { type: 'dtx'; keepMs?: number }
  /** Media arrives up to `maxMs` late, in order, in bursts. */
  | { type: 'jitter'; maxMs: number }
  | { type: 'late-marks'; ms: number }
  /** Every `every`-th mark (default: each) is never echoed. */
  | { type: 'lost-marks'; every?: number }
  /** The stream ends without `stop`. */
  | { type: 'no-stop' }
  /** After the handshake nothing comes for so long. */
  | { type: 'slow-start'; ms: number }
  /** The TCP connection of the stream breaks so long after `start`. */
  | { type: 'socket-loss'; afterMs: number }
  /** The stream's connection goes quiet both ways; given up by the carrier after `forMs` (default 10,000). */
  | { type: 'half-open'; afterMs: number; forMs?: number }
  /**
   * A status callback is not sent. `event`: `initiated`, `ringing`, `answered`, `completed`, `stream-…`, `recording-…`, `amd` or
   * `partial-result`.
   */
  | { type: 'lost-callback'; event?: string }
  | { type: 'duplicate-callback'; event?: string; delayMs?: number }
  /** A status callback is held back until the next one was sent, or for `delayMs` (default 500). */
  | { type: 'reordered-callbacks'; event?: string; delayMs?: number }
  /** Voice documents are asked for twice; which answer runs. */
  | { type: 'double-fetch'; use?: 'first' | 'second' }
  /** An update by `Url` or `Twiml` is refused with 21220 although the call is in progress. */
  | { type: 'refuse-redirect' }
  /** A recording fails instead of being completed. */
  | { type: 'failed-recording' }
  /** A REST request fails. `record`: to start, change or delete a recording. `timeout` never answers. With `processed` it takes effect all the same (never for 429). */
  | {
      type: 'rest'
      answer: 429 | 500 | 502 | 503 | 'timeout' | 'disconnect'
      processed?: boolean
      on?: 'create' | 'update' | 'fetch' | 'list' | 'record'
    }

export type FaultType = Fault['type']

type Subject = { sid: string; from: string; to: string }

/** What can happen to a stream that is open now. Both answer whether there was one. */
export type StreamTrouble = {
  lose: (callSid: string) => boolean
  goHalfOpen: (callSid: string, forMs?: number) => boolean
}

/** The orders that are in force. */
export class FaultList {
  readonly #trouble: StreamTrouble
  readonly #faults = new Map<string, { fault: Fault; left: number }>()
  #nextId = 1

  constructor(trouble: StreamTrouble) {
    this.#trouble = trouble
  }

  /** Breaks the connection of a call's open stream now. An Error when it has none. */
  loseStream(callSid: string): void {
    if (!this.#trouble.lose(callSid)) throw new Error(`Call ${callSid} has no open stream`)
  }

  /** Lets nothing through the connection of a call's open stream from now on, and gives it up after `forMs`. */
  halfOpenStream(callSid: string, forMs?: number): void {
    if (!this.#trouble.goHalfOpen(callSid, forMs)) throw new Error(`Call ${callSid} has no open stream`)
  }

  /** Puts a fault in force; the answer is the id that lifts it. */
  add(fault: Fault): string {
    const id = String(this.#nextId)
    this.#nextId += 1
    this.#faults.set(id, { fault, left: fault.times ?? Number.POSITIVE_INFINITY })
    return id
  }

  lift(id: string): boolean {
    return this.#faults.delete(id)
  }

  clear(): void {
    this.#faults.clear()
  }

  get all(): { id: string; fault: Fault }[] {
    return [...this.#faults].map(([id, { fault }]) => ({ id, fault }))
  }

  /** The first fault of a type for this call that passes the test; it counts as having struck. */
  take<T extends FaultType>(
    type: T,
    call?: Subject,
    test: (fault: Extract<Fault, { type: T }>) => boolean = () => true,
  ): Extract<Fault, { type: T }> | undefined {
    for (const [id, entry] of this.#faults) {
      const fault = entry.fault as Extract<Fault, { type: T }>
      if (fault.type !== type || !concerns(fault, call) || !test(fault)) continue
      entry.left -= 1
      if (entry.left <= 0) this.#faults.delete(id)
      return fault
    }
    return undefined
  }
}

function concerns(fault: Fault, call: Subject | undefined): boolean {
  if (fault.callSid !== undefined && fault.callSid !== call?.sid) return false
  return fault.number === undefined || fault.number === call?.from || fault.number === call?.to
}
