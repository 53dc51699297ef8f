import WebSocket, { type RawData } from 'ws'
import type { World } from '../world.ts'
import { streamAddress, streamSignature } from './stream-address.ts'

/** A debugger code and its text. */
export type Complaint = [code: string, message: string]

/** An open socket. `closed` resolves with the close code, and what broke the WebSocket protocol if something did. */
export type StreamSocket = { socket: WebSocket; closed: Promise<{ code: number; protocolError?: string }> }

export type Handshake =
  | { is: 'open'; stream: StreamSocket; warning?: Complaint }
  | { is: 'failed'; complaint: Complaint }
  | { is: 'abandoned' }

/** Longest message read from the server. */
const MAX_MESSAGE = 4 * 1024 * 1024

/** Opens the socket of a stream, or says why not. The signal abandons it. */
export function openStreamSocket(
  world: World,
  settings: { url: string; base: string | undefined },
  onMessage: (data: RawData, isBinary: boolean) => void,
  signal: AbortSignal,
): Promise<Handshake> {
  const { switches, limits, account, webhooks } = world
  const address = streamAddress(settings.url, settings.base, switches.allowInsecureStreams)
  if (address.is === 'refused') {
    return Promise.resolve({ is: 'failed', complaint: [address.code, address.message] })
  }
  const published = new URL(address.url)
  const real = webhooks.realAddress(published)
  real.protocol = real.protocol.replace('http', 'ws')
  const socket = new WebSocket(real, {
    perMessageDeflate: false,
    handshakeTimeout: limits.streamConnectMs,
    maxPayload: MAX_MESSAGE,
    headers: {
      host: published.host,
      'user-agent': 'Twilio.TmeWs/1.0',
      'x-twilio-signature': streamSignature(account.authToken, address.url, switches.streamSignature),
    },
  })
  // From the first byte on: the server may speak and close before anybody looks.
  socket.on('message', onMessage)
  const closed = closeOf(socket)
  return new Promise((resolve) => {
    const give = (handshake: Handshake) => {
      signal.removeEventListener('abort', abandon)
      resolve(handshake)
    }
    const abandon = () => {
      socket.terminate()
      give({ is: 'abandoned' })
    }
    if (signal.aborted) return abandon()
    signal.addEventListener('abort', abandon)
    socket.once('open', () => {
      const warning: Complaint = ['12200', 'Stream: the query of the url is dropped; use <Parameter>']
      give({ is: 'open', stream: { socket, closed }, ...(address.hadQuery ? { warning } : {}) })
    })
    socket.once('unexpected-response', (request, response) => {
      request.destroy()
      const message = `Stream: the handshake was answered with HTTP ${response.statusCode}`
      give({ is: 'failed', complaint: ['31920', message] })
    })
    socket.once('error', (error) => give({ is: 'failed', complaint: connectComplaint(error) }))
  })
}

function closeOf(socket: WebSocket): Promise<{ code: number; protocolError?: string }> {
  let protocolError: string | undefined
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('WS_ERR_')) protocolError = error.message
  })
  return new Promise((resolve) => {
    socket.on('close', (code) => resolve({ code, ...(protocolError === undefined ? {} : { protocolError }) }))
  })
}

/** The code for a connection that was never made ("Error and warning dictionary", 319xx). */
function connectComplaint(error: NodeJS.ErrnoException): Complaint {
  const { code = '', message } = error
  if (code === 'ECONNREFUSED') return ['31902', `Stream: connection refused: ${message}`]
  if (code === 'ETIMEDOUT' || /timed out/i.test(message))
    return ['31901', `Stream: connection timed out: ${message}`]
  if (/CERT|TLS|SSL|EPROTO/.test(code)) return ['31910', `Stream: TLS error: ${message}`]
  if (/^(WS_ERR|HPE_)/.test(code) || /Sec-WebSocket|HTTP|Invalid/.test(message)) {
    return ['31920', `Stream: handshake error: ${message}`]
  }
  return ['31901', `Stream: cannot connect: ${message}`]
}
