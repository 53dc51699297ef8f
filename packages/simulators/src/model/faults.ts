/** A moment in a session: after the nth sending of an event (or from the socket's opening when none is named). */
export type Moment = {
  /** A server event's type, such as `response.output_audio.delta`. */
  event?: string
  /** Which sending of it, counted from 1. */
  nth?: number
  /** Shorthand for the nth `response.created`. */
  response?: number
  afterMs?: number
}

/** Which HTTP request a fault strikes: by number (from 0, over both endpoints), by endpoint, or the next that fits. */
export type AtRequest = { request?: number; to?: 'chat' | 'speech' }

/** What goes wrong with a request over HTTP. */
export type RequestFault = AtRequest &
  (
    | {
        kind: 'refuse-request'
        status: number
        code?: string | null
        type?: string
        message?: string
        retryAfterS?: number
      }
    /** Waits before the first byte, and before each further piece. */
    | { kind: 'slow-answer'; firstByteMs?: number; betweenMs?: number }
    /** After so many pieces (default 0: not even a status) nothing comes any more; the connection stays open. */
    | { kind: 'stall-answer'; after?: number }
    /** After so many pieces, half of the next one is sent and the connection is torn. */
    | { kind: 'drop-answer'; after?: number }
    /** The JSON is cut in half: the whole body, or the piece of a stream after so many. Chat only. */
    | { kind: 'malformed-answer'; after?: number }
    /** No choice at all, or one in which nothing is said. Chat only. */
    | { kind: 'empty-choice'; left?: 'nothing' | 'message' }
    | { kind: 'refusal'; message?: string }
    /** Arguments of the next call: this text, or what was meant, cut in half. */
    | { kind: 'wrong-arguments'; arguments?: string; name?: string }
  )

/** What goes wrong. Each fault strikes `times` times (default 1), at session number `session` if that is given. */
export type Fault = { times?: number | 'always' } & (RequestFault | SessionFault)

/** What goes wrong in a realtime session. */
export type SessionFault = { session?: number } & (
  | { kind: 'refuse-upgrade'; status: number; code?: string; message?: string; retryAfterS?: number }
  | { kind: 'refuse-session'; code: string; type?: string; message?: string; closeCode?: number }
  /** The socket opens and no `session.created` comes. */
  | { kind: 'mute' }
  /** Every sending of this event waits; a `session.update` is applied only when its answer goes out. */
  | { kind: 'delay'; event: string; ms: number }
  | { kind: 'refuse-update'; code?: string; type?: string; message?: string; param?: string | null }
  /** The TCP connection is torn, without a close frame. */
  | { kind: 'drop'; when: Moment }
  /** The socket stays open; nothing is read or written, for `forMs` or for ever. */
  | { kind: 'stall'; when: Moment; forMs?: number }
  | { kind: 'close'; when: Moment; code: number; reason?: string }
  | { kind: 'expire'; when: Moment }
  | { kind: 'error'; when: Moment; code?: string | null; type?: string; message?: string }
  | { kind: 'unknown-event'; when: Moment; event?: Record<string, unknown> }
  | { kind: 'fail-response'; response?: number; code?: string; message?: string; afterMs?: number }
  | { kind: 'cut-response'; response?: number; reason?: 'max_output_tokens' | 'content_filter' }
  /** After a cancel this many further audio deltas still come, before or after its `response.done`. */
  | { kind: 'late-deltas'; count: number; afterDone?: boolean }
  | { kind: 'fail-transcription'; code?: string; message?: string }
  | { kind: 'late-transcription'; ms: number }
  | { kind: 'no-usage' }
)

export type FaultKind = Fault['kind']
export type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>

/** Whether a fault is meant for this request. */
export function isAt(fault: AtRequest, index: number, endpoint: AtRequest['to'] | null): boolean {
  if (fault.request !== undefined && fault.request !== index) return false
  return fault.to === undefined || fault.to === endpoint
}

/** The faults waiting to strike, shared by all sessions of a server. */
export class FaultList {
  #waiting: { fault: Fault; left: number }[] = []

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.add(fault)
  }

  /** Adds a fault; the returned function takes it back. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times === 'always' ? Number.POSITIVE_INFINITY : (fault.times ?? 1) }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
    }
  }

  clear(): void {
    this.#waiting = []
  }

  get waiting(): readonly Fault[] {
    return this.#waiting.map(({ fault }) => fault)
  }

  /** Takes the first waiting fault of a kind for this session (null: a request over HTTP) that also passes `fits`. */
  take<K extends FaultKind>(
    kind: K,
    session: number | null,
    fits: (fault: FaultOf<K>) => boolean = () => true,
  ): FaultOf<K> | null {
    for (const entry of this.#waiting) {
      const { fault } = entry
      if (!isOf(fault, kind)) continue
      if ('session' in fault && fault.session !== undefined && fault.session !== session) continue
      if (!fits(fault)) continue
      entry.left -= 1
      if (entry.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry)
      return fault
    }
    return null
  }
}

function isOf<K extends FaultKind>(fault: Fault, kind: K): fault is FaultOf<K> & Fault {
  return fault.kind === kind
}
