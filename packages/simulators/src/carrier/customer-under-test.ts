import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import twilio from 'twilio'
import { type WebSocket, WebSocketServer } from 'ws'
import { Waiting } from './core/waiting.ts'

export const AUTH_TOKEN = '0123456789abcdef0123456789abcdef'

/** A request the carrier made, its signature checked by the official SDK. */
export type Asked = {
  method: string
  path: string
  params: Record<string, string>
  headers: IncomingHttpHeaders
  isSigned: boolean
}

export type Answer =
  | string
  | {
      status?: number
      type?: string
      headers?: Record<string, string>
      body?: string | Uint8Array
      afterMs?: number
    }
export type Page = Answer | ((asked: Asked) => Answer | Promise<Answer>)

/** A message from the carrier's stream, parsed. */
export type StreamEvent = { event: string; sequenceNumber?: string; streamSid?: string } & Record<
  string,
  unknown
>

/** The customer's end of one stream: a plain WebSocket and what came over it. */
export class StreamServer {
  readonly socket: WebSocket
  readonly events: (StreamEvent & { at: number })[] = []
  readonly isSigned: boolean
  readonly headers: IncomingHttpHeaders
  readonly url: string
  closed: { code: number } | undefined
  readonly #waiting = new Waiting()

  constructor(socket: WebSocket, url: string, headers: IncomingHttpHeaders) {
    this.socket = socket
    this.url = url
    this.headers = headers
    this.isSigned = this.isSignedFor(url)
    socket.on('message', (data) => {
      this.events.push({ at: performance.now(), ...JSON.parse(String(data)) })
      this.#waiting.wake()
    })
    socket.on('close', (code) => {
      this.closed = { code }
      this.#waiting.wake()
    })
    socket.on('error', () => {})
  }

  /** Whether the official SDK takes the upgrade's signature for this address. */
  isSignedFor(url: string): boolean {
    return twilio.validateRequest(AUTH_TOKEN, String(this.headers['x-twilio-signature']), url, {})
  }

  get streamSid(): string {
    return String(this.events.find(({ event }) => event === 'start')?.streamSid)
  }

  of(event: string): (StreamEvent & { at: number })[] {
    return this.events.filter((message) => message.event === event)
  }

  async waitFor(event: string, count = 1, timeoutMs = 5000): Promise<StreamEvent & { at: number }> {
    const found = await this.#waiting.for(
      `${count} ${event}`,
      timeoutMs,
      () => this.of(event)[count - 1],
      () =>
        `Got ${this.events
          .map((message) => message.event)
          .join(' ')
          .slice(-200)}`,
    )
    return found
  }

  waitForClose(timeoutMs = 5000): Promise<{ code: number }> {
    return this.#waiting.for(
      'close',
      timeoutMs,
      () => this.closed,
      () => '',
    )
  }

  media(bytes: Uint8Array): void {
    this.send({ event: 'media', media: { payload: Buffer.from(bytes).toString('base64') } })
  }

  mark(name: string): void {
    this.send({ event: 'mark', mark: { name } })
  }

  clear(): void {
    this.send({ event: 'clear' })
  }

  send(message: Record<string, unknown>): void {
    this.socket.send(JSON.stringify({ streamSid: this.streamSid, ...message }))
  }
}

/** A customer of the carrier: pages by path, streams by path, and what was asked. */
export type Customer = {
  url: string
  asked: Asked[]
  pages: Record<string, Page>
  streams: StreamServer[]
  /** How a stream's upgrade is answered; default 101. */
  upgrade: { refuseWith?: number; onStream?: (stream: StreamServer) => void }
  waitForAsked(path: string, count?: number, timeoutMs?: number): Promise<Asked>
  waitForStream(count?: number): Promise<StreamServer>
  askedFor(path: string): Asked[]
  stop(): Promise<void>
}

/** Starts a customer on a free port. `publicUrl`: the origin it believes to have, for its signature checks. */
export async function startCustomer(publicUrl?: string): Promise<Customer> {
  const asked: Asked[] = []
  const streams: StreamServer[] = []
  const waiting = new Waiting()
  let origin = publicUrl ?? ''
  const customer: Customer = {
    url: '',
    asked,
    pages: {},
    streams,
    upgrade: {},
    waitForAsked: (path, count = 1, timeoutMs = 5000) =>
      waiting.for(
        `request ${count} for ${path}`,
        timeoutMs,
        () => asked.filter((request) => request.path === path)[count - 1],
        () => `Asked so far: ${asked.map((request) => request.path).join(' ')}`,
      ),
    waitForStream: (count = 1) =>
      waiting.for(
        `stream ${count}`,
        5000,
        () => streams[count - 1],
        () => '',
      ),
    askedFor: (path) => asked.filter((request) => request.path === path),
    stop: async () => {
      for (const { socket } of streams) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const url = new URL(request.url ?? '/', origin)
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()))
    const isPost = request.method === 'POST'
    const entry: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      params: isPost ? form : Object.fromEntries(url.searchParams),
      headers: request.headers,
      isSigned: twilio.validateRequest(
        AUTH_TOKEN,
        String(request.headers['x-twilio-signature']),
        origin + request.url,
        isPost ? form : {},
      ),
    }
    asked.push(entry)
    waiting.wake()
    const page = customer.pages[url.pathname] ?? { status: 204, body: '' }
    await reply(response, typeof page === 'function' ? await page(entry) : page)
  })
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  server.on('upgrade', (request, socket, head) => {
    const { refuseWith, onStream } = customer.upgrade
    if (refuseWith) {
      socket.end(`HTTP/1.1 ${refuseWith} Refused\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const url = origin.replace('http', 'ws') + request.url
      const stream = new StreamServer(ws, url, request.headers)
      streams.push(stream)
      onStream?.(stream)
      waiting.wake()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  customer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  origin ||= customer.url
  return customer
}

async function reply(response: ServerResponse, answer: Answer): Promise<void> {
  const {
    status = 200,
    type = 'text/xml',
    body = '',
    afterMs = 0,
    headers = {},
  } = typeof answer === 'string' ? { body: answer } : answer
  if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs))
  response.writeHead(status, { 'content-type': type, ...headers }).end(body)
}
