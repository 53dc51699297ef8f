import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { CallId } from '@toritsugi/contracts'
import { signatureHeader, streamUrlOf, validateStreamSignature } from '@toritsugi/telephony'
import { type WebSocket, WebSocketServer } from 'ws'
import type { BridgeCounts } from './bridge-metrics.ts'

export type StreamRoutes = {
  publicUrl: string
  authToken: string
  counts: BridgeCounts
  /** Why no more streams are taken now; null when they are. */
  refusal(): 'full' | 'stopping' | null
  open(ws: WebSocket, socket: Duplex, callId: CallId): void
}

const path = /^\/api\/twilio\/media-stream\/([^/?#]+)\/?$/
/** A message of the carrier is below 1 KB; `start` carries parameters. */
const maxPayload = 64 * 1024
/** Try again: in a moment, or with another pod. */
const tryAgainLater = 1013

/**
 * Takes the upgrades of the carrier's stream sockets: the signature is checked against the address the carrier
 * was told. A full pod upgrades all the same and closes with 1013, so that the call goes on by its document.
 * @returns stops taking upgrades
 */
export function streamRoutes(server: Server, options: StreamRoutes): () => void {
  const { publicUrl, authToken, counts } = options
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    clientTracking: false,
    maxPayload,
  })

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const target = request.url ?? '/'
    const callId = CallId.safeParse(path.exec(target)?.[1])
    if (!callId.success) {
      counts.refused.path++
      answer(socket, '404 Not Found')
      return
    }
    const header = request.headers[signatureHeader]
    const signature = typeof header === 'string' ? header : undefined
    if (!validateStreamSignature({ authToken, signature, url: streamUrlOf(publicUrl, target) })) {
      counts.refused.signature++
      answer(socket, '403 Forbidden')
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const refusal = options.refusal()
      if (refusal === null) return options.open(ws, socket, callId.data)
      counts.refused[refusal]++
      ws.on('error', () => ws.terminate())
      ws.close(tryAgainLater, refusal)
      setTimeout(() => ws.terminate(), 3000).unref()
    })
  }
  server.on('upgrade', upgrade)
  return () => server.off('upgrade', upgrade)
}

function answer(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
