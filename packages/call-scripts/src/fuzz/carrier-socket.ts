import type { Socket } from 'node:net'
import type { OfferedCall } from '@toritsugi/bench'
import WebSocket from 'ws'

/** The carrier's end of a stream that is fuzzed: a plain client that can also write what no client would. */
export type CarrierSocket = {
  /** One text message. */
  text(bytes: Buffer): void
  binary(bytes: Buffer): void
  /** Bytes under the WebSocket layer. */
  raw(bytes: Buffer): void
  /**
   * Resolves when the bridge has read everything that was sent, or has closed. After `raw` it may rightly wait for
   * the rest of a frame that never comes: then this resolves after a moment all the same.
   */
  settled(): Promise<void>
  /** Closes in one of the ways a socket ends; resolves with the code the bridge closed with, or our own. */
  end(how: 'close' | 'cut'): Promise<number>
  readonly isOpen: boolean
}

const WAIT_MS = 10_000

/**
 * Opens the stream's socket.
 * @returns the socket, or the HTTP status it was refused with
 * @throws Error when there is no answer
 */
export function openCarrierSocket(
  call: OfferedCall,
  changes: { path?: string; headers?: Record<string, string> } = {},
): Promise<CarrierSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${call.host}:${call.port}${changes.path ?? call.path}`, {
      headers: changes.headers ?? call.headers,
      perMessageDeflate: false,
      handshakeTimeout: WAIT_MS,
      skipUTF8Validation: true,
    })
    let code: number | undefined
    let isBroken = false
    const closed = new Promise<number>((done) => {
      socket.on('close', (given) => {
        code = given
        done(given)
      })
    })
    socket.on('error', () => {})
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.once('error', reject)
    socket.on('open', () => {
      const under = (socket as unknown as { _socket: Socket })._socket
      resolve({
        text: (bytes) => socket.send(bytes, { binary: false }),
        binary: (bytes) => socket.send(bytes, { binary: true }),
        raw(bytes) {
          isBroken = true
          under.write(bytes)
        },
        get isOpen() {
          return socket.readyState === WebSocket.OPEN
        },
        settled() {
          if (socket.readyState !== WebSocket.OPEN) return Promise.resolve()
          const answered = new Promise<void>((done) => socket.once('pong', () => done()))
          socket.ping()
          const read = Promise.race([answered, closed.then(() => {})])
          return isBroken ? Promise.race([read, aMoment()]) : within(read, 'no pong and no close')
        },
        end(how) {
          if (code !== undefined) return Promise.resolve(code)
          // Whoever waits for the rest of a frame cannot read a close either.
          if (how === 'cut' || isBroken) under.destroy()
          else socket.close(1000)
          return within(closed, 'the socket does not close')
        },
      })
    })
  })
}

/** There is no event for "it goes on waiting": this is how long an answer to broken bytes is given to come. */
const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))

function within<T>(work: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${WAIT_MS} ms`)), WAIT_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
