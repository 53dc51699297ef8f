import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What went wrong on the way to a service. */
export type ForwardFault = { because: 'unreachable' | 'too-slow' | 'failed'; status?: number }

export type ForwardOptions = {
  /** Private origin of the service. */
  origin: string
  /** From the request's arrival to the first line of the answer. */
  deadlineMs: number
  /** Answers 5xx with what `onFault` says instead of passing them on. */
  replaceServerErrors: boolean
  onFault(fault: ForwardFault): void
}

// These belong to one connection, not to the request (RFC 9110, "Connection").
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'])

/** Passes one request on, path and headers as they came, and the answer back. Nothing is buffered. */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, options: ForwardOptions): void {
  const { hostname, port } = new URL(options.origin)
  const upstream = request({
    hostname,
    port,
    method: incoming.method,
    path: incoming.url,
    headers: forwardedHeaders(incoming),
    // A kept-alive connection may be closed by the service just as a webhook is written to it.
    agent: false,
  })
  let settled = false
  const fault = (what: ForwardFault) => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    incoming.unpipe(upstream)
    incoming.resume()
    upstream.destroy()
    if (outgoing.headersSent) outgoing.destroy()
    else options.onFault(what)
  }
  const timer = setTimeout(() => fault({ because: 'too-slow' }), options.deadlineMs)
  upstream.once('response', (answer) => {
    if (settled) return
    const status = answer.statusCode ?? 502
    if (options.replaceServerErrors && status >= 500) return fault({ because: 'failed', status })
    settled = true
    clearTimeout(timer)
    outgoing.writeHead(status, answer.statusMessage, withoutHopByHop(answer.rawHeaders))
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  })
  upstream.on('error', () => fault({ because: 'unreachable' }))
  outgoing.on('close', () => {
    clearTimeout(timer)
    upstream.destroy()
  })
  incoming.on('error', () => upstream.destroy())
  incoming.pipe(upstream)
}

/** The request's own headers in their own spelling and order, plus where it came from. */
export function forwardedHeaders(incoming: IncomingMessage, keepUpgrade = false): string[] {
  const headers = keepUpgrade ? [...incoming.rawHeaders] : withoutHopByHop(incoming.rawHeaders)
  const given = incoming.headers
  const before = given['x-forwarded-for']
  const client = (incoming.socket as Socket).remoteAddress ?? 'unknown'
  const drop = new Set(['x-forwarded-for'])
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name, value] = [headers[i] as string, headers[i + 1] as string]
    if (!drop.has(name.toLowerCase())) kept.push(name, value)
  }
  kept.push('X-Forwarded-For', before === undefined ? client : `${[before].flat().join(', ')}, ${client}`)
  if (given['x-forwarded-proto'] === undefined) kept.push('X-Forwarded-Proto', 'http')
  if (given['x-forwarded-host'] === undefined && given.host) kept.push('X-Forwarded-Host', given.host)
  return kept
}

function withoutHopByHop(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i] as string, raw[i + 1] as string]
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}
