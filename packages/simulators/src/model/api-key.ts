import type { IncomingMessage } from 'node:http'

/** The key as servers (`Authorization`), Azure clients (`api-key`) or browsers (subprotocol) send it. */
export function keyOf(request: IncomingMessage): string | null {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (bearer) return bearer
  const header = request.headers['api-key']
  if (typeof header === 'string') return header
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/)
  const prefix = 'openai-insecure-api-key.'
  return offered.find((name) => name.startsWith(prefix))?.slice(prefix.length) ?? null
}

/** A key as it may be shown: its ends only. */
export function masked(key: string): string {
  return key.length < 12 ? '***' : `${key.slice(0, 4)}***${key.slice(-4)}`
}
