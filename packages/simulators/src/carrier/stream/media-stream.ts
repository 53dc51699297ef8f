import { decodeMulaw } from '@toritsugi/audio'
import type { RawData } from 'ws'
import type { Call } from '../call.ts'
import { newSid } from '../core/sid.ts'
import { type Sink, wait } from '../line/line.ts'
import { inboundMedia } from './inbound-media.ts'
import { InboundPace } from './inbound-pace.ts'
import { Playout } from './playout.ts'
import { readStreamMessage, type StreamMessage } from './stream-message.ts'
import { StreamReports, type StreamSettings } from './stream-reports.ts'
import { openStreamSocket, type StreamSocket } from './stream-socket.ts'

/** How a stream ended: by the call (hang-up, redirect), by the server's close, by a broken connection, or never opened. */
export type StreamEnd = 'call' | 'server' | 'lost' | 'handshake-failed'

const CLOSE_WAIT_MS = 1000
const HALF_OPEN_MS = 10_000
const INVALID_KEPT = 100

/** One Media Stream: the carrier's side of the socket ("Media Streams WebSocket messages"). */
export class MediaStream {
  readonly sid = newSid('MZ')
  readonly call: Call
  readonly settings: StreamSettings
  /** What the server sent that broke the protocol; only the first gives a warning. */
  readonly invalid: string[] = []
  readonly counts = { mediaSent: 0, mediaReceived: 0, bytesReceived: 0, marks: 0, clears: 0, discarded: 0 }
  readonly #reports: StreamReports
  readonly #playout = new Playout()
  readonly #timers = new Set<NodeJS.Timeout>()
  #stream: StreamSocket | undefined
  #pace: InboundPace | undefined
  #sequence = 0
  #startedAt = 0
  #echoes = 0
  #overflowed = false
  #isOver = false
  #end: (end: StreamEnd) => void = () => {}
  #stopAudio: () => void = () => {}

  constructor(call: Call, settings: StreamSettings) {
    this.call = call
    this.settings = settings
    this.#reports = new StreamReports(call, this.sid, settings)
  }

  get isOpen(): boolean {
    return this.#startedAt > 0 && !this.#isOver
  }

  /** Bytes the server sent that wait to be played. */
  get queuedBytes(): number {
    return this.#playout.queued
  }

  /** Opens the stream and keeps it until it ends. Never rejects. */
  async run(signal: AbortSignal): Promise<StreamEnd> {
    const { call } = this
    call.streams.push(this)
    call.stream = this
    this.#reports.note(`connecting to ${this.settings.url}`)
    const receive = (data: RawData, isBinary: boolean) => this.#receive(data, isBinary)
    const handshake = await openStreamSocket(call.world, this.settings, receive, signal)
    let end: StreamEnd = 'call'
    if (handshake.is === 'failed') {
      this.#reports.fail(handshake.complaint)
      end = 'handshake-failed'
    }
    if (handshake.is === 'open') {
      if (handshake.warning) this.#reports.warn(handshake.warning)
      end = await this.#flow(handshake.stream, signal)
    }
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (call.stream === this) call.stream = undefined
    if (this.#startedAt > 0) this.#reports.tell('stream-stopped')
    if (signal.reason === 'replaced' && call.world.switches.playbackOnRedirect === 'kept') await this.#drain()
    this.#stopAudio()
    return end
  }

  /** Breaks the connection without a word. */
  lose(): true {
    this.#stream?.socket.terminate()
    return true
  }

  /** From now on the connection carries nothing either way; after `forMs` it is given up as lost. */
  goHalfOpen(forMs = HALF_OPEN_MS): true {
    this.#stream?.socket.pause()
    this.#pace?.stopSending()
    this.#later(forMs, () => this.lose())
    return true
  }

  #flow(stream: StreamSocket, signal: AbortSignal): Promise<StreamEnd> {
    this.#stream = stream
    const { socket } = stream
    const releaseDigits = this.call.takeDigits((digit) => this.#dtmf(digit))
    return new Promise((resolve) => {
      const stop = () => {
        this.#stop()
        this.#end('call')
      }
      this.#end = (how) => {
        signal.removeEventListener('abort', stop)
        releaseDigits()
        this.#isOver = true
        resolve(how)
      }
      void stream.closed.then(({ code, protocolError }) => {
        if (this.#isOver) return
        this.#closed(code, protocolError)
        this.#end(code === 1006 ? 'lost' : 'server')
      })
      signal.addEventListener('abort', stop)
      if (signal.aborted) return stop()
      this.#pace = new InboundPace(socket, this.call.world.faults.take('jitter', this.call)?.maxMs ?? 0)
      const slow = this.call.world.faults.take('slow-start', this.call)
      if (slow) this.#later(slow.ms, () => this.#start())
      else this.#start()
    })
  }

  #start(): void {
    const { world, sid, line } = this.call
    this.#startedAt = performance.now()
    this.#pace?.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
    const start = {
      accountSid: world.account.sid,
      streamSid: this.sid,
      callSid: sid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: this.settings.parameters,
    }
    this.#send('start', `"start":${JSON.stringify(start)}`)
    this.#reports.tell('stream-started')
    const stopListening = line.listen(this.#inbound())
    const stopPlaying = line.playFrom(() => this.#play())
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
  #inbound(): Sink {
    const dtx = this.call.world.faults.take('dtx', this.call)
    const { streamBufferBytes } = this.call.world.limits
    return inboundMedia({
      startedAt: this.#startedAt,
      dtxAfterMs: dtx && (dtx.keepMs ?? 0),
      isCongested: () => (this.#stream?.socket.bufferedAmount ?? 0) > streamBufferBytes,
      discarded: () => this.#discard(),
      send: (body) => {
        this.counts.mediaSent += 1
        this.#send('media', body)
      },
    })
  }

  #discard(): void {
    this.counts.discarded += 1
    if (!this.#overflowed) this.#reports.warn(['31930', 'Stream: buffer overflow, audio is discarded'])
    this.#overflowed = true
  }

  #play(): Int16Array | undefined {
    this.#echoMarks()
    const frame = this.#playout.play()
    return frame && decodeMulaw(frame)
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return
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
    const { faults } = this.call.world
    for (const name of this.#playout.reached()) {
      this.#echoes += 1
      if (faults.take('lost-marks', this.call, ({ every = 1 }) => this.#echoes % every === 0)) continue
      const echo = () => this.#send('mark', `"mark":{"name":${JSON.stringify(name)}}`)
      const late = faults.take('late-marks', this.call)
      if (late) this.#later(late.ms, echo)
      else echo()
    }
  }

  #invalid(code: string, message: string): void {
    if (this.invalid.length === 0) this.#reports.warn([code, message])
    if (this.invalid.length < INVALID_KEPT) this.invalid.push(message)
    if (this.call.world.switches.invalidMessage === 'warned') return
    this.#reports.fail(['31924', 'Stream: WebSocket protocol error'])
    this.#stream?.socket.close(1002)
    this.#end('server')
  }

  /** A key of the phone. */
  #dtmf(digit: string): void {
    if (this.isOpen) this.#send('dtmf', `"dtmf":{"track":"inbound_track","digit":"${digit}"}`)
  }

  /** The call has ended or goes on with another document. */
  #stop(): void {
    const { faults, account, switches } = this.call.world
    const socket = this.#stream?.socket
    if (this.#startedAt > 0 && !faults.take('no-stop', this.call)) {
      this.#send('stop', `"stop":{"accountSid":"${account.sid}","callSid":"${this.call.sid}"}`)
    }
    this.#pace?.flush()
    if (switches.streamCloseCode === null) socket?.close()
    else socket?.close(switches.streamCloseCode)
    setTimeout(() => socket?.terminate(), CLOSE_WAIT_MS).unref()
  }

  #closed(code: number, protocolError: string | undefined): void {
    if (protocolError !== undefined) {
      this.#reports.fail(['31924', `Stream: WebSocket protocol error: ${protocolError}`])
    } else if (code === 1006) {
      this.#reports.fail(['31903', 'Stream: the connection was broken abruptly'])
    } else {
      const { streamErrorOnServerClose } = this.call.world.switches
      this.#reports.fail(
        ['31921', `Stream: the server closed the WebSocket (${code})`],
        streamErrorOnServerClose,
      )
    }
  }

  #send(event: string, body: string): void {
    this.#sequence += 1
    const head = `{"event":"${event}","sequenceNumber":"${this.#sequence}","streamSid":"${this.sid}",`
    this.#pace?.send(`${head}${body}}`, event === 'media')
  }

  /** Waits until what is queued has been played. */
  async #drain(): Promise<void> {
    const over = new AbortController()
    const check = this.call.line.listen(() => {
      if (this.#playout.queued === 0) over.abort()
    })
    await wait(this.#playout.queued / 4 + 200, over.signal)
    check()
  }

  #later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#isOver) run()
    }, ms)
    this.#timers.add(timer)
  }
}
