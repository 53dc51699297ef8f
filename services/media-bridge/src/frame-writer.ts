import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/**
 * Writes whole WebSocket frames to the socket beneath a `WebSocket`, each in one write. Without compression `ws`
 * writes every message of its own at once and whole, so the two never mix. Bounded: what the other side does not
 * read is kept up to a limit, then the oldest goes.
 */
export type FrameWriter = {
  /** @returns true when the frame has left: its bytes may be used again */
  write(frame: Buffer): boolean
  /** Throws away what is kept here. */
  discard(): void
  /** Bytes the other side has not taken: here, and in the socket. */
  waitingBytes(): number
}

export type FrameWriterLimits = {
  /** Bytes in the socket from which frames are kept here. */
  socketBytes: number
  /** Bytes kept here from which the oldest are dropped. */
  keptBytes: number
  dropped(frames: number): void
}

export function frameWriter(ws: WebSocket, socket: Duplex, limits: FrameWriterLimits): FrameWriter {
  let kept: Buffer[] = []
  let keptBytes = 0
  let listening = false

  const drain = (): void => {
    while (kept.length > 0 && socket.writableLength < limits.socketBytes && ws.readyState === ws.OPEN) {
      const frame = kept.shift() as Buffer
      keptBytes -= frame.length
      socket.write(frame)
    }
  }

  return {
    write(frame) {
      if (ws.readyState !== ws.OPEN) return true
      if (kept.length === 0 && socket.writableLength < limits.socketBytes) {
        socket.write(frame)
        // Mostly the system takes it at once, and there is nothing left to be written.
        return socket.writableLength === 0
      }
      if (!listening) {
        listening = true
        socket.on('drain', drain)
      }
      kept.push(frame)
      keptBytes += frame.length
      let dropped = 0
      while (keptBytes > limits.keptBytes && kept.length > 1) {
        keptBytes -= (kept.shift() as Buffer).length
        dropped++
      }
      if (dropped > 0) limits.dropped(dropped)
      return false
    },
    discard() {
      kept = []
      keptBytes = 0
    },
    waitingBytes: () => keptBytes + socket.writableLength,
  }
}
