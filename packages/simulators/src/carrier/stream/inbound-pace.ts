import type WebSocket from 'ws'

type Waiting = { text: string; timer: NodeJS.Timeout }

/** Sends a stream's messages in order, at once or (fault `jitter`) up to `maxJitterMs` late and in bursts. */
export class InboundPace {
  readonly #socket: WebSocket
  readonly #maxJitterMs: number
  readonly #waiting: Waiting[] = []
  #lastDue = 0
  #isSending = true

  constructor(socket: WebSocket, maxJitterMs: number) {
    this.#socket = socket
    this.#maxJitterMs = maxJitterMs
  }

  /** Only media is delayed of itself; what follows it waits in line. */
  send(text: string, isMedia = false): void {
    if (!this.#isSending) return
    if (this.#maxJitterMs === 0) {
      this.#socket.send(text)
      return
    }
    const now = performance.now()
    const due = Math.max(this.#lastDue, now + (isMedia ? Math.random() * this.#maxJitterMs : 0))
    this.#lastDue = due
    const entry = { text, timer: setTimeout(() => this.#release(entry), due - now) }
    this.#waiting.push(entry)
  }

  /** Sends at once what still waits. */
  flush(): void {
    for (const { text, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer)
      this.#socket.send(text)
    }
  }

  stopSending(): void {
    this.#isSending = false
    this.close()
  }

  close(): void {
    for (const { timer } of this.#waiting.splice(0)) clearTimeout(timer)
  }

  /** Timers of one millisecond may fire out of order: everything up to this entry goes first. */
  #release(entry: Waiting): void {
    const index = this.#waiting.indexOf(entry)
    for (const { text, timer } of this.#waiting.splice(0, index + 1)) {
      clearTimeout(timer)
      this.#socket.send(text)
    }
  }
}
