import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

export type FrameWriterLimits = {
  /** Bytes in the socket from which frames are kept here. */
  socketBytes: number
  /** Bytes kept here from which the oldest are dropped. */
  keptBytes: number
  dropped(frames: number): void
}

/**
 * Writes whole WebSocket frames to the socket beneath a `WebSocket`, each in one write. Without compression `ws`
 * writes every message of its own at once and whole, so the two never mix. Bounded: what the other side does not
 * read is kept up to a limit, then the oldest goes.
 *
 * A class, as everything that is touched for every frame: with hundreds of calls each further object on the way is
 * a wait for memory.
 */
export class FrameWriter {
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #limits: FrameWriterLimits
  #kept: Buffer[] = []
  #keptBytes = 0
  #isListening = false

  constructor(ws: WebSocket, socket: Duplex, limits: FrameWriterLimits) {
    this.#ws = ws
    this.#socket = socket
    this.#limits = limits
  }

  /** @returns true when the frame has left: its bytes may be used again */
  write(frame: Buffer): boolean {
    if (this.#ws.readyState !== this.#ws.OPEN) return true
    const socket = this.#socket
    if (this.#keptBytes > 0 || socket.writableLength >= this.#limits.socketBytes) {
      this.#keep(frame)
      return false
    }
    socket.write(frame)
    // Mostly the system takes it at once, and there is nothing left to be written.
    return socket.writableLength === 0
  }

  /** Throws away what is kept here. */
  discard(): void {
    this.#kept = []
    this.#keptBytes = 0
  }

  /** Bytes the other side has not taken: here, and in the socket. */
  waitingBytes(): number {
    return this.#keptBytes + this.#socket.writableLength
  }

  #keep(frame: Buffer): void {
    if (!this.#isListening) {
      this.#isListening = true
      this.#socket.on('drain', () => this.#drain())
    }
    this.#kept.push(frame)
    this.#keptBytes += frame.length
    let dropped = 0
    while (this.#keptBytes > this.#limits.keptBytes && this.#kept.length > 1) {
      this.#keptBytes -= (this.#kept.shift() as Buffer).length
      dropped++
    }
    if (dropped > 0) this.#limits.dropped(dropped)
  }

  #drain(): void {
    const { socketBytes } = this.#limits
    while (
      this.#kept.length > 0 &&
      this.#socket.writableLength < socketBytes &&
      this.#ws.readyState === this.#ws.OPEN
    ) {
      const frame = this.#kept.shift() as Buffer
      this.#keptBytes -= frame.length
      this.#socket.write(frame)
    }
  }
}
