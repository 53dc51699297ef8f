import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { forwardedHeaders } from './forward.ts'

const CONNECT_DEADLINE_MS = 5_000

/**
 * Joins an upgrade request's socket with a service: the request goes on as it came (the carrier signed its exact
 * path), and from then on bytes are passed both ways untouched. An answer other than 101 passes through as well.
 */
export function tunnel(incoming: IncomingMessage, socket: Duplex, head: Buffer, origin: string): void {
  const { hostname, port } = new URL(origin)
  const upstream = connect({ host: hostname, port: Number(port) })
  const timer = setTimeout(() => upstream.destroy(new Error('connecting took too long')), CONNECT_DEADLINE_MS)
  let joined = false
  upstream.once('connect', () => {
    joined = true
    clearTimeout(timer)
    upstream.setNoDelay(true)
    upstream.setKeepAlive(true, 30_000)
    // Node hands header values over as latin1; written back the same way, their bytes stay what they were.
    upstream.write(requestHead(incoming), 'latin1')
    if (head.length > 0) upstream.write(head)
    upstream.pipe(socket)
    socket.pipe(upstream)
  })
  upstream.on('error', () => {
    if (joined || !socket.writable) socket.destroy()
    else refuseUpgrade(socket, 502, 'Bad Gateway')
  })
  socket.on('error', () => upstream.destroy())
  socket.on('close', () => upstream.destroy())
  upstream.on('close', () => {
    clearTimeout(timer)
    if (joined) socket.destroy()
  })
}

/** Answers an upgrade request with a plain HTTP status, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function requestHead(incoming: IncomingMessage): string {
  const headers = forwardedHeaders(incoming, true)
  const lines = [`${incoming.method} ${incoming.url} HTTP/${incoming.httpVersion}`]
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
