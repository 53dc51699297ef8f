import type { Call } from './call.ts'
import { rfc2822 } from './core/dates.ts'
import type { Fault } from './faults.ts'
import { secondsOf, urlOf } from './recording/recording.ts'
import type { Method } from './webhooks.ts'

export type CallProgress = 'initiated' | 'ringing' | 'answered' | 'completed'

export type CallbackSettings = { url: string; method: Method; events: ReadonlySet<CallProgress> }

type Due = {
  event: string
  url: string
  method: Method
  params: Record<string, string>
  /** Carries no parameters of the call but its and the account's SID. */
  isBare?: boolean
}

const HOLD_MS = 500

/**
 * Sends the status callbacks of a call and of its streams one after the other, and loses, repeats or reorders them
 * when such a fault is in force ("Call resource: StatusCallback").
 */
export class StatusCallbacks {
  readonly #call: Call
  settings: CallbackSettings | undefined
  #sequence = 0
  #chain: Promise<void> = Promise.resolve()
  #held: { release: () => void } | undefined

  constructor(call: Call, settings: CallbackSettings | undefined) {
    this.#call = call
    this.settings = settings
  }

  /** Tells that the call has come so far, if somebody asked to be told. */
  send(event: CallProgress): void {
    const { settings } = this
    if (!settings?.events.has(event)) return
    this.deliver({ event, url: settings.url, method: settings.method, params: this.#progress(event) })
  }

  /** Queues one callback. `event` is the name faults know it by. */
  deliver(due: Due): void {
    const { faults } = this.#call.world
    const about = (fault: { event?: string }) => fault.event === undefined || fault.event === due.event
    if (faults.take('lost-callback', this.#call, about)) return
    // One token for the event, however often it is sent.
    const token = crypto.randomUUID()
    const held = faults.take('reordered-callbacks', this.#call, about)
    if (held && !this.#held) {
      this.#hold(due, token, held)
      return
    }
    this.#enqueue(due, token)
    const doubled = faults.take('duplicate-callback', this.#call, about)
    if (doubled) setTimeout(() => this.#enqueue(due, token), doubled.delayMs ?? 0).unref()
    this.#held?.release()
  }

  /** Resolves when all that was queued has been sent. */
  async settled(): Promise<void> {
    let last: Promise<void> | undefined
    while (last !== this.#chain) {
      last = this.#chain
      await last
    }
  }

  #hold(due: Due, token: string, fault: Extract<Fault, { type: 'reordered-callbacks' }>): void {
    const timer = setTimeout(() => this.#held?.release(), fault.delayMs ?? HOLD_MS)
    this.#held = {
      release: () => {
        clearTimeout(timer)
        this.#held = undefined
        this.#enqueue(due, token)
      },
    }
  }

  #enqueue({ url, method, params, isBare }: Due, idempotencyToken: string): void {
    this.#chain = this.#chain.then(async () => {
      const call = this.#call
      const answer = await call.webhook({ url, method, params, idempotencyToken }, isBare)
      const bad =
        answer.is === 'failed' ? answer.message : answer.status >= 300 ? `HTTP ${answer.status}` : undefined
      if (bad === undefined) return
      const code = answer.is === 'failed' ? answer.code : '15003'
      call.world.debugger.warning(code, `Status callback: ${bad}`, { callSid: call.sid, url })
    })
  }

  /** The recording that was asked for with the call ("Call resource: StatusCallback, Record"). */
  #recorded(): Record<string, string> {
    const { recordings, world } = this.#call
    const recording = recordings.ofCall
    if (!recording) return {}
    return {
      RecordingUrl: urlOf(world, recording),
      RecordingSid: recording.sid,
      RecordingDuration: String(secondsOf(recording) ?? 0),
    }
  }

  #progress(event: CallProgress): Record<string, string> {
    const call = this.#call
    const sequence = this.#sequence
    this.#sequence += 1
    const params: Record<string, string> = {
      CallStatus: event === 'initiated' ? 'initiated' : call.status,
      Timestamp: rfc2822(new Date()),
      CallbackSource: 'call-progress-events',
      SequenceNumber: String(sequence),
    }
    if (event !== 'completed') return params
    return {
      ...params,
      CallDuration: String(call.seconds),
      Duration: String(Math.ceil(call.seconds / 60)),
      SipResponseCode: String(call.sipCode ?? 200),
      ...this.#recorded(),
    }
  }
}
