import type { Fault, Moment } from './faults.ts'
import type { JsonObject } from './protocol/shape.ts'
import type { RealtimeSession } from './session.ts'

/** Faults that wait for a moment of a session. */
type TimedFault = Extract<Fault, { when: Moment }>

const TIMED = ['drop', 'stall', 'close', 'expire', 'error', 'unknown-event'] as const

/** Watches one session for the moments its faults wait for. */
export class Moments {
  readonly #session: RealtimeSession
  readonly #sent = new Map<string, number>()

  constructor(session: RealtimeSession) {
    this.#session = session
  }

  /** The socket has opened: faults without an event count their time from here. */
  opened(): void {
    this.#strike((when) => when.event === undefined && when.response === undefined)
  }

  /** An event has been sent. */
  sent(type: string): void {
    const nth = (this.#sent.get(type) ?? 0) + 1
    this.#sent.set(type, nth)
    this.#strike((when) => {
      if (when.response !== undefined) return type === 'response.created' && nth === when.response
      return when.event === type && nth === (when.nth ?? 1)
    })
  }

  #strike(isNow: (when: Moment) => boolean): void {
    const { faults, index } = this.#session.surroundings
    for (const kind of TIMED) {
      const fault = faults.take(kind, index, ({ when }) => isNow(when))
      if (!fault) continue
      if (fault.when.afterMs === undefined) this.#happen(fault)
      else this.#session.later(fault.when.afterMs, () => this.#happen(fault))
    }
  }

  #happen(fault: TimedFault): void {
    const session = this.#session
    switch (fault.kind) {
      case 'drop':
        session.drop()
        break
      case 'stall':
        session.stall(fault.forMs)
        break
      case 'close':
        session.close(fault.code, fault.reason ?? '')
        break
      case 'expire':
        session.expire()
        break
      case 'error':
        session.send('error', { error: errorOf(fault) })
        break
      case 'unknown-event':
        session.send(String(fault.event?.type ?? 'session.weather_changed'), fault.event ?? { sky: 'clear' })
    }
  }
}

function errorOf(fault: TimedFault & { kind: 'error' }): JsonObject {
  return {
    type: fault.type ?? 'server_error',
    code: fault.code ?? null,
    message: fault.message ?? 'The server had an error while processing your request. Sorry about that!',
    param: null,
    event_id: null,
  }
}
