import { connect, type Socket } from 'node:net'
import { deltaCode, deltaMsOf, FRAME_MS, frameCode } from './audio-code.ts'
import { CallerFrame } from './caller-frame.ts'
import { writeNow } from './lean-socket.ts'
import type { LoadRecords } from './load-records.ts'
import type { CallTarget } from './load-types.ts'
import { StreamCheck } from './stream-check.ts'
import { closeOf, FrameReader, frameOf, pongOf } from './websocket-frames.ts'

/** Send times are kept for this many units; what is later than that is a loss. A power of two. */
const KEPT = 1024

// One buffer for all lines: a chunk is read to its end before the next one comes.
const shared = Buffer.allocUnsafe(256 * 1024)

/** The carrier's upgrade: plain HTTP, no extension asked for. */
function upgradeRequest({ host, port, path, headers }: CallTarget): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dG9yaXRzdWdpIGJlbmNoIQ==',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

type Hooks = {
  /** The first audio that reached this phone. */
  firstAudio(now: number): void
  cleared(now: number): void
  ended(): void
}

/** The carrier's end of one call: sends the caller's frames, plays what comes, echoes marks when they are due. */
export class CarrierLine {
  readonly #target: CallTarget
  readonly #records: LoadRecords
  readonly #hooks: Hooks
  readonly #frame: CallerFrame
  readonly #reader: FrameReader
  readonly #sentAt = new Float64Array(KEPT)
  readonly #deltaSentAt = new Float64Array(KEPT)
  #socket: Socket | undefined
  #handshake = ''
  #sequenceNumber = 0
  #marks: { name: string; dueAt: number }[] = []
  #heardAudio = false
  #stopping = false
  /** Caller's audio, as it must reach the model; and the model's, as it must come here. */
  readonly toModel: StreamCheck
  readonly toCaller: StreamCheck
  connectedAt = Number.NaN
  startedAt = Number.NaN
  /** When the audio queued so far will have been played. */
  playedAt = 0
  /** True from `start` to the end. */
  flowing = false
  /** The delta whose latency is also the subject's share of a turn; -1 for none. */
  shareSeq = -1

  constructor(index: number, target: CallTarget, records: LoadRecords, hooks: Hooks) {
    this.#target = target
    this.#records = records
    this.#hooks = hooks
    this.#frame = new CallerFrame(target.streamSid, index)
    this.toModel = new StreamCheck(frameCode, index)
    this.toCaller = new StreamCheck(deltaCode, index)
    this.#reader = new FrameReader({
      text: (bytes, start, end) => this.#take(bytes, start, end),
      ping: (payload) => this.#socket?.write(pongOf(payload, true)),
      close: (code) => {
        if (!this.#stopping) records.fault(`stream closed by the subject (${code})`)
        this.#end()
      },
      fault: (what) => {
        records.fault(`to the carrier: ${what}`)
        this.#end()
      },
    })
  }

  open(): void {
    const { host, port } = this.#target
    this.connectedAt = performance.now()
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length, buffer) => {
          this.#read(buffer as Buffer, length)
          return true
        },
      },
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#stopping) this.#records.fault(`stream socket: ${error.code ?? error.message}`)
    })
    this.#socket.on('close', () => this.#end())
    this.#socket.write(upgradeRequest(this.#target))
  }

  /** Sends the next 20 ms of the caller, and the marks that are due. */
  sendFrame(now: number): void {
    const socket = this.#socket as Socket
    const seq = this.toModel.nextSent()
    const frame = this.#frame.patch(++this.#sequenceNumber, seq + 1, seq * FRAME_MS, seq)
    this.#sentAt[seq & (KEPT - 1)] = now
    writeNow(socket, frame)
    while (this.#marks.length > 0 && (this.#marks[0] as { dueAt: number }).dueAt <= now) this.#echoMark()
  }

  /** Notes that the model sends this delta now, and gives its number. */
  deltaSent(now: number): number {
    const seq = this.toCaller.nextSent()
    this.#deltaSentAt[seq & (KEPT - 1)] = now
    return seq
  }

  /** The model got the units up to this one. */
  frameArrived(seq: number, now: number): void {
    this.#records.relayed++
    if (this.#records.measuring) {
      this.#records.toModel.record(now - (this.#sentAt[seq & (KEPT - 1)] as number))
    }
  }

  /** Ends as the carrier does: `stop`, then the socket. */
  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    if (this.flowing) {
      const { accountSid, callSid } = this.#target
      this.#say('stop', { stop: { accountSid, callSid } })
      this.#socket?.write(closeOf(1000, true))
    }
    this.flowing = false
    this.#socket?.end()
    // Whoever does not close in time is closed.
    setTimeout(() => this.#socket?.destroy(), 1000).unref()
  }

  #read(chunk: Buffer, length: number): void {
    if (this.#handshake !== 'done') {
      this.#handshake += chunk.toString('latin1', 0, length)
      const end = this.#handshake.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!this.#handshake.startsWith('HTTP/1.1 101')) {
        this.#records.fault(`stream refused: ${this.#handshake.slice(9, 12)}`)
        this.#stopping = true
        this.#socket?.destroy()
        return
      }
      const rest = Buffer.from(this.#handshake.slice(end + 4), 'latin1')
      this.#handshake = 'done'
      this.#start()
      if (rest.length > 0) this.#reader.push(rest)
      return
    }
    this.#reader.push(chunk, length)
  }

  #start(): void {
    const { accountSid, callSid, streamSid, customParameters } = this.#target
    this.#socket?.write(
      frameOf(Buffer.from('{"event":"connected","protocol":"Call","version":"1.0.0"}'), true),
    )
    this.#say('start', {
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters,
      },
    })
    this.startedAt = performance.now()
    this.flowing = true
  }

  #say(event: string, rest: object): void {
    const message = {
      event,
      sequenceNumber: String(++this.#sequenceNumber),
      streamSid: this.#target.streamSid,
      ...rest,
    }
    this.#socket?.write(frameOf(Buffer.from(JSON.stringify(message)), true))
  }

  /** Tells the messages apart by their first letters; key order is the sender's own. */
  #take(bytes: Buffer, start: number, end: number): void {
    const eventAt = bytes.indexOf('"event":"', start) + 9
    const letters =
      eventAt < 9 || eventAt >= end ? 0 : (bytes[eventAt] as number) * 256 + (bytes[eventAt + 1] as number)
    if (letters === 0x6d65) this.#takeMedia(bytes, start, end)
    else if (letters === 0x6d61) this.#takeMark(bytes, start, end)
    else if (letters === 0x636c) this.#takeClear()
    else this.#records.fault('to the carrier: an unknown message')
  }

  #takeMedia(bytes: Buffer, start: number, end: number): void {
    const now = performance.now()
    const from = bytes.indexOf('"payload":"', start) + 11
    const to = from < 11 ? -1 : bytes.indexOf(0x22, from)
    if (to < 0 || to > end) {
      this.#records.fault('to the carrier: media without a payload')
      return
    }
    const seq = this.toCaller.take(bytes, from, to)
    if (seq < 0) return
    this.playedAt = Math.max(this.playedAt, now) + deltaMsOf(seq)
    this.#records.relayed++
    const addedMs = now - (this.#deltaSentAt[seq & (KEPT - 1)] as number)
    if (this.#records.measuring) {
      this.#records.toCaller.record(addedMs)
      if (seq === this.shareSeq) this.#records.share.record(addedMs)
    }
    if (!this.#heardAudio) {
      this.#heardAudio = true
      this.#hooks.firstAudio(now)
    }
  }

  #takeMark(bytes: Buffer, start: number, end: number): void {
    const from = bytes.indexOf('"name":"', start) + 8
    const to = from < 8 ? -1 : bytes.indexOf(0x22, from)
    if (to < 0 || to > end) {
      this.#records.fault('to the carrier: a mark without a name')
      return
    }
    this.#records.marks++
    this.#marks.push({ name: bytes.toString('latin1', from, to), dueAt: this.playedAt })
  }

  #takeClear(): void {
    const now = performance.now()
    this.playedAt = now
    while (this.#marks.length > 0) this.#echoMark()
    this.#hooks.cleared(now)
  }

  #echoMark(): void {
    const mark = this.#marks.shift()
    if (mark !== undefined) this.#say('mark', { mark: { name: mark.name } })
  }

  #end(): void {
    if (!this.#stopping) this.#records.fault('stream lost')
    this.#stopping = true
    this.flowing = false
    this.#socket?.destroy()
    this.#hooks.ended()
  }
}
