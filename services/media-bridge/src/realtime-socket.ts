import type { Duplex } from 'node:stream'
import { Fault } from '@toritsugi/contracts'
import {
  type ClientEvent,
  classifyClose,
  classifyError,
  classifyStatus,
  readServerEvent,
  sessionFacts,
} from '@toritsugi/realtime-protocol'
import { type RawData, WebSocket } from 'ws'
import type { BridgeCounts } from './bridge-metrics.ts'
import { FrameWriter } from './frame-writer.ts'

/** How the model is reached. */
export type RealtimeEndpoint = {
  url: string
  apiKey: string
  authStyle: 'bearer' | 'azure'
  /** From the first byte to `session.created`. */
  connectTimeoutMs: number
}

/** Told what comes from the model. */
export type RealtimeEars = {
  message(bytes: Buffer): void
  /** The socket is gone. `again`: another one may do. */
  closed(code: string, again: boolean): void
  /** A bug of ours in handling an event: this call is lost, the others are not. */
  broke(error: unknown): void
}

/** One socket to the model, its session created. */
export type RealtimeSocket = {
  readonly openedAt: number
  readonly sessionId: string | null
  /** Unix seconds; null when the endpoint does not say. */
  readonly expiresAt: number | null
  isOpen(): boolean
  /** From now on these ears hear. */
  listen(ears: RealtimeEars): void
  send(event: ClientEvent): void
  /** Takes whole frames, as they are. */
  readonly frames: Pick<FrameWriter, 'write'>
  /** Frames that were dropped because the model did not read. */
  dropped(): number
  /** Asks for a sign of life when it has been quiet; cuts a dead one off. Asked now and then. */
  probe(now: number): void
  close(): void
}

/** Beyond this, caller audio waits here; beyond the second, the oldest is dropped: some 10 seconds. */
const socketBytes = 128 * 1024
const keptBytes = 160 * 1024
const maxPayload = 8 * 1024 * 1024
const quietMs = 5000
const deadMs = 12_000
const closeGraceMs = 3000
/** Events kept until somebody listens. */
const mostEarly = 100

/** The address of a session of this model. Azure's addresses name their deployment themselves. */
export function realtimeUrl(endpoint: Pick<RealtimeEndpoint, 'url' | 'authStyle'>, model: string): string {
  const url = new URL(endpoint.url)
  if (endpoint.authStyle === 'bearer' && !url.searchParams.has('model')) url.searchParams.set('model', model)
  return url.toString()
}

/**
 * Opens a socket and waits for `session.created`: only that is success, since a wrong key is told after the
 * upgrade ("Realtime API with WebSockets").
 * @throws Fault `model.unavailable` (another attempt may do) or `model.refused` (it would not)
 */
export function connectRealtime(
  endpoint: RealtimeEndpoint,
  model: string,
  counts: BridgeCounts,
): Promise<RealtimeSocket> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(realtimeUrl(endpoint, model), {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      followRedirects: false,
      handshakeTimeout: endpoint.connectTimeoutMs,
      maxPayload,
      headers:
        endpoint.authStyle === 'azure'
          ? { 'api-key': endpoint.apiKey }
          : { authorization: `Bearer ${endpoint.apiKey}` },
    })
    let socket: Duplex | undefined
    const fail = (code: 'model.unavailable' | 'model.refused', detail: string, cause?: unknown): void => {
      clearTimeout(timer)
      ws.terminate()
      reject(new Fault(code, cause === undefined ? { detail } : { detail, cause }))
    }
    const timer = setTimeout(() => fail('model.unavailable', 'no session in time'), endpoint.connectTimeoutMs)
    const failed = (again: boolean, detail: string, cause?: unknown) =>
      fail(again ? 'model.unavailable' : 'model.refused', detail, cause)

    ws.on('upgrade', (response) => {
      socket = response.socket
    })
    ws.once('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0
      response.resume()
      failed(classifyStatus(status) === 'retry', `HTTP ${status}`)
    })
    ws.on('error', (error) => failed(true, 'connection failed', error))
    ws.on('close', (code, reason) =>
      failed(classifyClose(code, reason.toString()) === 'retry', `closed with ${code}`),
    )
    ws.on('message', (data: RawData) => {
      const event = readServerEvent(data as Buffer)
      if (event.type === 'error') {
        const kind = classifyError(event.error)
        if (kind !== 'benign') failed(kind !== 'fatal', event.error.code ?? event.error.type)
      } else if (event.type === 'session.created' && socket !== undefined) {
        clearTimeout(timer)
        ws.removeAllListeners('message').removeAllListeners('close').removeAllListeners('error')
        const { id, expiresAt } = sessionFacts(event.session)
        resolve(openSocket(ws, socket, counts, id, expiresAt))
      }
    })
  })
}

function openSocket(
  ws: WebSocket,
  socket: Duplex,
  counts: BridgeCounts,
  sessionId: string | null,
  expiresAt: number | null,
): RealtimeSocket {
  let ears: RealtimeEars | undefined
  let closed: { code: string; again: boolean } | undefined
  let early: Buffer[] = []
  const openedAt = performance.now()
  let seenAt = openedAt
  /** Something came since the last probe: no clock is read for each message. */
  let wasSeen = false
  let askedAt = 0
  let dropped = 0
  const writer = new FrameWriter(ws, socket, {
    socketBytes,
    keptBytes,
    dropped: (count) => {
      dropped += count
      counts.dropped['model-not-reading'] += count
    },
  })
  ws.on('message', (data: RawData, isBinary: boolean) => {
    wasSeen = true
    if (isBinary) counts.modelEventsMalformed++
    else if (ears === undefined) {
      if (early.length < mostEarly) early.push(data as Buffer)
    } else {
      try {
        ears.message(data as Buffer)
      } catch (error) {
        ears.broke(error)
      }
    }
  })
  const seen = () => {
    wasSeen = true
  }
  ws.on('ping', seen)
  ws.on('pong', seen)
  ws.on('error', () => ws.terminate())
  ws.on('close', (code, reason) => {
    const text = reason.toString()
    closed = {
      code: `${code}${text === '' ? '' : ` ${text}`}`.slice(0, 100),
      again: classifyClose(code, text) === 'retry',
    }
    try {
      ears?.closed(closed.code, closed.again)
    } catch (error) {
      ears?.broke(error)
    }
  })
  return {
    openedAt,
    sessionId,
    expiresAt,
    isOpen: () => ws.readyState === ws.OPEN,
    listen(next) {
      ears = next
      const held = early
      early = []
      for (const bytes of held) next.message(bytes)
      if (closed !== undefined) next.closed(closed.code, closed.again)
    },
    send(event) {
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(event))
    },
    frames: writer,
    dropped: () => dropped,
    probe(now) {
      if (wasSeen) {
        wasSeen = false
        seenAt = now
      }
      if (now - seenAt > deadMs) ws.terminate()
      else if (now - seenAt > quietMs && now - askedAt > quietMs && ws.readyState === ws.OPEN) {
        askedAt = now
        ws.ping()
      }
    },
    close() {
      ears = undefined
      if (ws.readyState !== ws.OPEN) return ws.terminate()
      ws.close(1000)
      setTimeout(() => ws.terminate(), closeGraceMs).unref()
    },
  }
}
