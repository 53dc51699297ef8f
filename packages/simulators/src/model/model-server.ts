import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createTcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Admission, type AdmissionRules, admit } from './admission.ts'
import type { Certificate } from './certificate.ts'
import { Random } from './random.ts'
import { RealtimeSession, type SessionSurroundings } from './session.ts'

export type ModelServerParts = {
  certificate: Certificate
  admission: AdmissionRules
  seed: number
  surroundings: () => Omit<SessionSurroundings, 'index' | 'model' | 'traits' | 'random'>
  answer: (request: IncomingMessage, response: ServerResponse) => void
}

/** First byte of a TLS handshake record: how one port tells `wss` from `ws`. */
const TLS_HANDSHAKE = 0x16

/** A base64 of 15 MiB of audio and the JSON around it. */
const MAX_PAYLOAD = 21 * 1024 * 1024

/** Sessions remembered for looking back. */
const KEPT_SESSIONS = 200

/** One port that speaks HTTP, `ws` and `wss`, and opens a session for each admitted upgrade. */
export class ModelServer {
  readonly sessions: RealtimeSession[] = []
  readonly #parts: ModelServerParts
  readonly #plain: Server
  readonly #secure: Server
  readonly #tcp: ReturnType<typeof createTcpServer>
  readonly #sockets: WebSocketServer
  readonly #connections = new Set<Socket>()
  readonly #waiting = new Set<() => void>()
  #opened = 0

  constructor(parts: ModelServerParts) {
    this.#parts = parts
    const handle = (request: IncomingMessage, response: ServerResponse) => parts.answer(request, response)
    this.#plain = createServer(handle)
    this.#secure = createSecureServer({ cert: parts.certificate.cert, key: parts.certificate.key }, handle)
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD,
      handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
    })
    for (const server of [this.#plain, this.#secure]) {
      server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    }
    this.#tcp = createTcpServer((socket) => this.#sort(socket))
  }

  /** Resolves with the port taken; rejects when it is not free. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#tcp.once('error', reject)
      this.#tcp.listen(port, host, () => {
        const address = this.#tcp.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  }

  waitForSession(index: number, timeoutMs: number): Promise<RealtimeSession> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const session = this.sessions.find(({ surroundings }) => surroundings.index === index)
        if (!session) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(session)
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`Session ${index} was not opened within ${timeoutMs} ms.`))
      }, timeoutMs)
      this.#waiting.add(look)
      look()
    })
  }

  async stop(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate()
    this.#sockets.close()
    const closed = new Promise<void>((resolve) => this.#tcp.close(() => resolve()))
    for (const socket of this.#connections) socket.destroy()
    await closed
  }

  /** Looks at the first byte of a connection and hands it to the server that can read it. */
  #sort(socket: Socket): void {
    this.#connections.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(10_000, () => socket.destroy())
    socket.once('data', (first) => {
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(first)
      const server = first[0] === TLS_HANDSHAKE ? this.#secure : this.#plain
      server.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const index = this.#opened
    const admission = admit(request, this.#parts.admission, index)
    if (admission.is === 'refused') {
      refuse(socket, admission)
      return
    }
    this.#opened += 1
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      if (admission.is === 'turned-away') this.#turnAway(client, admission, index)
      else this.#open(client, admission, index)
    })
  }

  #open(client: WebSocket, admission: Admission & { is: 'admitted' }, index: number): void {
    const { model, traits } = admission
    const random = new Random(this.#parts.seed + index * 7919)
    const session = new RealtimeSession(client, {
      ...this.#parts.surroundings(),
      index,
      model,
      traits,
      random,
    })
    this.sessions.push(session)
    if (this.sessions.length > KEPT_SESSIONS) this.sessions.shift()
    this.#keepAlive(client, session)
    session.open()
    for (const look of this.#waiting) look()
  }

  /** "Socket open" is not "authenticated": the reason comes as an event, then the close. */
  #turnAway(client: WebSocket, admission: Admission & { is: 'turned-away' }, index: number): void {
    const { type, code, message, closeCode } = admission
    this.#parts.surroundings().debugger.add({ sessionId: null, code, message, event: null })
    client.on('error', () => client.terminate())
    const random = new Random(this.#parts.seed + index)
    const error = { type, code, message, param: null, event_id: null }
    client.send(JSON.stringify({ type: 'error', event_id: random.id('event'), error }))
    client.close(closeCode, `${type}.${code}`.slice(0, 123))
  }

  /** A ping now and then; a client that leaves two unanswered is gone. */
  #keepAlive(client: WebSocket, session: RealtimeSession): void {
    let unanswered = 0
    client.on('pong', () => {
      unanswered = 0
    })
    const timer = setInterval(() => {
      if (client.isPaused || client.readyState !== client.OPEN) return
      if (unanswered >= 2) {
        session.suspect('no-pong', 'Two pings in a row were not answered; the socket was cut.')
        client.terminate()
        return
      }
      unanswered += 1
      client.ping()
    }, session.surroundings.switches.pingMs)
    timer.unref()
    client.on('close', () => clearInterval(timer))
  }
}

function refuse(socket: Duplex, { status, code, message, headers }: Admission & { is: 'refused' }): void {
  const type = status === 429 ? 'requests' : 'invalid_request_error'
  const body = JSON.stringify({ error: { message, type, param: null, code } })
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
