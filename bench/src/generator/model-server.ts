import { createHash } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { readInto } from './lean-socket.ts'
import type { ModelHost } from './load-call.ts'
import { ModelSession } from './model-session.ts'

/** The Realtime endpoint on a plain socket: takes any model and key, one session per connection. */
export type ModelServer = {
  port: number
  /** Sessions attend to this load from now on; undefined: to none. */
  attend(host: ModelHost | undefined): void
  /** Sessions that are open for a call. */
  boundSessions(): number
  /** Sessions that are open and wait for a call: the subject's warm pool. */
  idleSessions(): number
  close(): Promise<void>
}

const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const LONGEST_HEAD = 16_384
// One buffer for all sessions: a chunk is read to its end before the next one comes.
const shared = Buffer.allocUnsafe(256 * 1024)

function switching(key: string): string {
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Listens on loopback. @param port 0 for any */
export async function startModelServer(port = 0): Promise<ModelServer> {
  let host: ModelHost | undefined
  const sessions = new Set<ModelSession>()
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    let head = ''
    let session: ModelSession | undefined
    const socket = readInto(accepted, shared, (chunk, length) => {
      if (session !== undefined) return session.read(chunk, length)
      head += chunk.toString('latin1', 0, length)
      const end = head.indexOf('\r\n\r\n')
      if (end < 0 && head.length < LONGEST_HEAD) return
      const key = /^sec-websocket-key:\s*(\S+)\s*$/im.exec(head)?.[1]
      if (end < 0 || key === undefined) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
        return
      }
      socket.write(switching(key))
      const opened = new ModelSession(socket, () => host)
      session = opened
      sessions.add(opened)
      socket.on('close', () => sessions.delete(opened))
      const rest = Buffer.from(head.slice(end + 4), 'latin1')
      if (rest.length > 0) opened.read(rest, rest.length)
    })
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    attend(next) {
      host = next
    },
    boundSessions: () => [...sessions].filter((session) => session.bound && !session.closed).length,
    idleSessions: () => [...sessions].filter((session) => !session.bound && !session.closed).length,
    async close() {
      for (const socket of sockets) socket.destroy()
      // It would wait for the sockets it accepted, which were moved to others.
      server.close()
    },
  }
}
