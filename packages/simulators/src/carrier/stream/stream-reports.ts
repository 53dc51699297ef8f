import type { Call } from '../call.ts'
import { resolveUrl } from '../documents/document.ts'
import { methodOf } from '../verbs/verb.ts'
import type { Complaint } from './stream-socket.ts'

export type StreamSettings = {
  url: string
  name: string | undefined
  statusCallback: string | undefined
  statusCallbackMethod: string | undefined
  parameters: Readonly<Record<string, string>>
  /** Address of the document, for relative addresses. */
  base: string | undefined
}

/** What a stream tells the customer: debugger entries and the stream's own status callback. */
export class StreamReports {
  readonly #call: Call
  readonly #streamSid: string
  readonly #settings: StreamSettings

  constructor(call: Call, streamSid: string, settings: StreamSettings) {
    this.#call = call
    this.#streamSid = streamSid
    this.#settings = settings
  }

  note(what: string): void {
    this.#call.note({ type: 'stream', what, streamSid: this.#streamSid })
  }

  warn([code, message]: Complaint): void {
    const { sid, world } = this.#call
    world.debugger.warning(code, message, { callSid: sid, streamSid: this.#streamSid })
  }

  /** An error; `told`: also by a `stream-error` callback. */
  fail([code, message]: Complaint, told = true): void {
    const { sid, world } = this.#call
    this.note(`${code} ${message}`)
    world.debugger.error(code, message, { callSid: sid, streamSid: this.#streamSid, url: this.#settings.url })
    if (told) this.tell('stream-error', { StreamError: message })
  }

  /** A status callback ("TwiML Stream: statusCallback"). */
  tell(event: 'stream-started' | 'stream-stopped' | 'stream-error', more: Record<string, string> = {}): void {
    this.note(event)
    const { statusCallback, statusCallbackMethod, base, name } = this.#settings
    if (statusCallback === undefined) return
    const url = resolveUrl({ url: base }, statusCallback)
    if (url === undefined) {
      this.warn(['11100', `Invalid URL: ${statusCallback}`])
      return
    }
    const params = {
      StreamSid: this.#streamSid,
      StreamName: name ?? this.#streamSid,
      StreamEvent: event,
      Timestamp: new Date().toISOString(),
      ...more,
    }
    const method = methodOf(statusCallbackMethod)
    this.#call.callbacks.deliver({ event, url, method, params, isBare: true })
  }
}
