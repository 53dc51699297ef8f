import { decodeMulaw, encodeMulaw } from '@toritsugi/audio'
import WebSocket, { type RawData } from 'ws'
import type { Call } from './call.ts'
import { Playout } from './core/playout.ts'
import { newSid } from './core/sid.ts'
import { streamAddress, streamSignature } from './core/stream-address.ts'
import { readStreamMessage, type StreamMessage } from './core/stream-message.ts'
import { resolveUrl } from './documents/document.ts'
import { FRAME_SAMPLES, wait } from './line/line.ts'
import { FRAME_MS } from './line/ticker.ts'
import { InboundPace } from './stream-pace.ts'
import { methodOf } from './verbs/verb.ts'

export type StreamSettings = {
  url: string
  name: string | undefined
  statusCallback: string | undefined
  statusCallbackMethod: string | undefined
  parameters: Readonly<Record<string, string>>
  /** Address of the document, for relative addresses. */
  base: string | undefined
}

/** How a stream ended: by the call (hang-up, redirect), by the server's close, by a broken connection, or never opened. */
export type StreamEnd = 'call' | 'server' | 'lost' | 'handshake-failed'

const SILENCE_PAYLOAD = Buffer.alloc(FRAME_SAMPLES, 0xff).toString('base64')
const CLOSE_WAIT_MS = 1000
const HALF_OPEN_MS = 10_000
/** Longest message read from the server. */
const MAX_MESSAGE = 4 * 1024 * 1024
const INVALID_KEPT = 100

/** One Media Stream: the carrier's side of the socket ("Media Streams WebSocket messages"). */
export class MediaStream {
  readonly sid = newSid('MZ')
  readonly call: Call
  readonly settings: StreamSettings
  /** What the server sent that broke the protocol; only the first gives a warning. */
  readonly invalid: string[] = []
  readonly counts = { mediaSent: 0, mediaReceived: 0, bytesReceived: 0, marks: 0, clears: 0, discarded: 0 }
  readonly #playout = new Playout()
  #socket: WebSocket | undefined
  #pace: InboundPace | undefined
  #sequence = 0
  #chunk = 0
  #startedAt = 0
  #marks = 0
  #overflowed = false
  #end: ((end: StreamEnd) => void) | undefined
  #stopAudio: () => void = () => {}
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(call: Call, settings: StreamSettings) {
    this.call = call
    this.settings = settings
  }

  get isOpen(): boolean {
    return this.#end !== undefined && this.#startedAt > 0
  }

  /** Bytes the server sent that wait to be played. */
  get queuedBytes(): number {
    return this.#playout.queued
  }

  /** Opens the stream and keeps it until it ends. Never rejects. */
  async run(signal: AbortSignal): Promise<StreamEnd> {
    this.call.streams.push(this)
    this.call.stream = this
    const socket = await this.#open(signal)
    if (!socket) return signal.aborted ? 'call' : 'handshake-failed'
    const end = await this.#flow(socket, signal)
    this.#end = undefined
    for (const timer of this.#timers) clearTimeout(timer)
    this.#pace?.close()
    if (this.call.stream === this) this.call.stream = undefined
    this.#tell('stream-stopped')
    if (signal.reason === 'replaced' && this.call.world.switches.playbackOnRedirect === 'kept')
      await this.#drain()
    this.#stopAudio()
    return end
  }

  /** Breaks the connection without a word. */
  lose(): true {
    this.#socket?.terminate()
    return true
  }

  /** From now on the connection carries nothing either way; after `forMs` it is given up as lost. */
  goHalfOpen(forMs = HALF_OPEN_MS): true {
    this.#socket?.pause()
    this.#pace?.stopSending()
    this.#later(forMs, () => this.lose())
    return true
  }

  /** A key of the phone. */
  dtmf(digit: string): void {
    this.#send('dtmf', `"dtmf":{"track":"inbound_track","digit":"${digit}"}`)
  }

  async #open(signal: AbortSignal): Promise<WebSocket | undefined> {
    const { world } = this.call
    const { switches, limits } = world
    const address = streamAddress(this.settings.url, this.settings.base, switches.allowInsecureStreams)
    if (address.is === 'refused') {
      this.#fail(address.code, address.message)
      return undefined
    }
    if (address.hadQuery) this.#warn('12200', 'Stream: the query of the url is dropped; use <Parameter>')
    const published = new URL(address.url)
    const real = world.webhooks.realAddress(published)
    real.protocol = real.protocol.replace('http', 'ws')
    this.#note(`connecting to ${address.url}`)
    const socket = new WebSocket(real, {
      perMessageDeflate: false,
      handshakeTimeout: limits.streamConnectMs,
      maxPayload: MAX_MESSAGE,
      headers: {
        host: published.host,
        'user-agent': 'Twilio.TmeWs/1.0',
        'x-twilio-signature': streamSignature(world.account.authToken, address.url, switches.streamSignature),
      },
    })
    return new Promise((resolve) => {
      const give = (opened: WebSocket | undefined) => {
        signal.removeEventListener('abort', abandon)
        resolve(opened)
      }
      const abandon = () => {
        socket.terminate()
        give(undefined)
      }
      signal.addEventListener('abort', abandon)
      socket.once('open', () => give(socket))
      socket.once('unexpected-response', (request, response) => {
        request.destroy()
        this.#fail('31920', `Stream: the handshake was answered with HTTP ${response.statusCode}`)
        give(undefined)
      })
      // After this first error the socket may tell of more; none may go unheard.
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (socket.readyState === WebSocket.OPEN || this.#socket || signal.aborted) return
        this.#fail(...connectFailure(error))
        give(undefined)
      })
    })
  }

  #flow(socket: WebSocket, signal: AbortSignal): Promise<StreamEnd> {
    this.#socket = socket
    return new Promise((resolve) => {
      let protocolError: string | undefined
      const end = (how: StreamEnd) => {
        signal.removeEventListener('abort', stop)
        if (this.#end) resolve(how)
        this.#end = undefined
        releaseDigits()
      }
      const stop = () => {
        this.#stop(socket)
        end('call')
      }
      const releaseDigits = this.call.takeDigits((digit) => this.dtmf(digit))
      this.#end = end
      socket.on('error', (error) => {
        protocolError = error.message
      })
      socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
      socket.on('close', (code) => {
        if (!this.#end) return
        this.#closed(code, protocolError)
        end(code === 1006 ? 'lost' : 'server')
      })
      if (socket.readyState !== WebSocket.OPEN) {
        this.#closed(1006, undefined)
        end('lost')
        return
      }
      signal.addEventListener('abort', stop)
      const slow = this.call.world.faults.take('slow-start', this.call)
      if (slow) this.#later(slow.ms, () => this.#start(socket))
      else this.#start(socket)
      if (signal.aborted) stop()
    })
  }

  #start(socket: WebSocket): void {
    const { world, sid } = this.call
    this.#pace = new InboundPace(socket, world.faults.take('jitter', this.call)?.maxMs ?? 0)
    this.#startedAt = performance.now()
    this.#pace.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    const start = {
      accountSid: world.account.sid,
      streamSid: this.sid,
      callSid: sid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: this.settings.parameters,
    }
    this.#send('start', `"start":${JSON.stringify(start)}`)
    this.#tell('stream-started')
    const stopListening = this.call.line.listen(this.#inbound())
    const stopPlaying = this.call.line.playFrom(() => this.#play())
    this.#stopAudio = () => {
      stopListening()
      stopPlaying()
    }
    const loss = world.faults.take('socket-loss', this.call)
    if (loss) this.#later(loss.afterMs, () => this.lose())
    const halfOpen = world.faults.take('half-open', this.call)
    if (halfOpen) this.#later(halfOpen.afterMs, () => this.goHalfOpen(halfOpen.forMs))
  }

  /** What the phone says goes out every 20 ms. */
  #inbound(): (frame: Int16Array | undefined, now: number) => void {
    const dtx = this.call.world.faults.take('dtx', this.call)
    let silentMs = 0
    return (frame, now) => {
      if (!this.#end) return
      silentMs = frame ? 0 : silentMs + FRAME_MS
      if (dtx && silentMs > (dtx.keepMs ?? 0)) return
      if ((this.#socket?.bufferedAmount ?? 0) > this.call.world.limits.streamBufferBytes) {
        this.counts.discarded += 1
        if (!this.#overflowed) this.#warn('31930', 'Stream: buffer overflow, audio is discarded')
        this.#overflowed = true
        return
      }
      this.#chunk += 1
      this.counts.mediaSent += 1
      const timestamp = Math.max(0, Math.round(now - this.#startedAt))
      const payload = frame ? Buffer.from(encodeMulaw(frame).buffer).toString('base64') : SILENCE_PAYLOAD
      this.#send(
        'media',
        `"media":{"track":"inbound","chunk":"${this.#chunk}","timestamp":"${timestamp}","payload":"${payload}"}`,
      )
    }
  }

  #play(): Int16Array | undefined {
    this.#echoMarks()
    const frame = this.#playout.play()
    return frame && decodeMulaw(frame)
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.#end) return
    if (isBinary) {
      this.#invalid('31950', 'Stream: malformed message: binary frames are not understood')
      return
    }
    const message = readStreamMessage(data.toString(), this.sid)
    if (typeof message === 'string') this.#invalid('31951', `Stream: invalid message: ${message}`)
    else this.#take(message)
  }

  #take(message: StreamMessage): void {
    if (message.event === 'media') {
      this.counts.mediaReceived += 1
      this.counts.bytesReceived += message.payload.length
      this.#playout.add(message.payload)
      return
    }
    if (message.event === 'mark') {
      this.counts.marks += 1
      this.#playout.mark(message.name)
      if (this.#playout.queued === 0) this.#echoMarks()
      return
    }
    this.counts.clears += 1
    this.#playout.clear()
    this.#echoMarks()
  }

  #echoMarks(): void {
    for (const name of this.#playout.reached()) {
      this.#marks += 1
      const { faults } = this.call.world
      const lost = faults.take('lost-marks', this.call, ({ every = 1 }) => this.#marks % every === 0)
      if (lost) continue
      const echo = () => this.#send('mark', `"mark":{"name":${JSON.stringify(name)}}`)
      const late = faults.take('late-marks', this.call)
      if (late) this.#later(late.ms, echo)
      else echo()
    }
  }

  #invalid(code: string, message: string): void {
    if (this.invalid.length === 0) this.#warn(code, message)
    if (this.invalid.length < INVALID_KEPT) this.invalid.push(message)
    if (this.call.world.switches.invalidMessage === 'warned') return
    this.#fail('31924', 'Stream: WebSocket protocol error')
    this.#socket?.close(1002)
    this.#end?.('server')
  }

  /** The call has ended or goes on with another document. */
  #stop(socket: WebSocket): void {
    const { faults, account, switches } = this.call.world
    if (this.#startedAt > 0 && !faults.take('no-stop', this.call)) {
      this.#send('stop', `"stop":{"accountSid":"${account.sid}","callSid":"${this.call.sid}"}`)
    }
    this.#pace?.flush()
    if (switches.streamCloseCode === null) socket.close()
    else socket.close(switches.streamCloseCode)
    setTimeout(() => socket.terminate(), CLOSE_WAIT_MS).unref()
  }

  #closed(code: number, protocolError: string | undefined): void {
    if (protocolError !== undefined) this.#fail('31924', `Stream: WebSocket protocol error: ${protocolError}`)
    else if (code === 1006) this.#fail('31903', 'Stream: the connection was broken abruptly')
    else {
      const { streamErrorOnServerClose } = this.call.world.switches
      this.#fail('31921', `Stream: the server closed the WebSocket (${code})`, streamErrorOnServerClose)
    }
  }

  #send(event: string, body: string): void {
    this.#sequence += 1
    this.#pace?.send(
      `{"event":"${event}","sequenceNumber":"${this.#sequence}","streamSid":"${this.sid}",${body}}`,
      event === 'media',
    )
  }

  async #drain(): Promise<void> {
    const over = new AbortController()
    const check = this.call.line.listen(() => {
      if (this.#playout.queued === 0) over.abort()
    })
    await wait((this.#playout.queued / 8) * 1.5 + 200, over.signal)
    check()
  }

  #fail(code: string, message: string, told = true): void {
    this.#note(`${code} ${message}`)
    this.call.world.debugger.error(code, message, {
      callSid: this.call.sid,
      streamSid: this.sid,
      url: this.settings.url,
    })
    if (told) this.#tell('stream-error', { StreamError: message })
  }

  #warn(code: string, message: string): void {
    this.call.world.debugger.warning(code, message, { callSid: this.call.sid, streamSid: this.sid })
  }

  #tell(
    event: 'stream-started' | 'stream-stopped' | 'stream-error',
    more: Record<string, string> = {},
  ): void {
    this.#note(event)
    const { statusCallback, statusCallbackMethod, base, name } = this.settings
    if (statusCallback === undefined) return
    const url = resolveUrl({ url: base }, statusCallback)
    if (url === undefined) {
      this.#warn('11100', `Invalid URL: ${statusCallback}`)
      return
    }
    const params = {
      StreamSid: this.sid,
      StreamName: name ?? this.sid,
      StreamEvent: event,
      Timestamp: new Date().toISOString(),
      ...more,
    }
    this.call.callbacks.deliver({ event, url, method: methodOf(statusCallbackMethod), params })
  }

  #note(what: string): void {
    this.call.note({ type: 'stream', what, streamSid: this.sid })
  }

  #later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (this.#end) run()
    }, ms)
    this.#timers.add(timer)
  }
}

/** The debugger's code for a connection that was never made ("Error and warning dictionary", 319xx). */
function connectFailure(error: NodeJS.ErrnoException): [code: string, message: string] {
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
