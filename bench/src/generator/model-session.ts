import type { Socket } from 'node:net'
import { callOfHead, deltaMsOf } from './audio-code.ts'
import { writeNow } from './lean-socket.ts'
import type { LoadCall, ModelHost } from './load-call.ts'
import {
  alreadyActive,
  audioDelta,
  modelEvent,
  type ReplyIds,
  replyClosing,
  replyCreated,
  replyDone,
  replyOpening,
  sessionCreated,
  sessionUpdated,
  transcriptDelta,
  turnCommitted,
  turnTranscribed,
} from './model-messages.ts'
import { closeOf, FrameReader, pongOf } from './websocket-frames.ts'

type Reply = { ids: ReplyIds; leftMs: number; text: string; answersSpeech: boolean; askedAt: number }
type Stage = 'waiting' | 'thinking' | 'replying' | 'playing' | 'caller-speaks'

/** Which call a session is for, written into the instructions of its plan. */
export const CALL_IN_INSTRUCTIONS = /bench-call-(\d+)\./

let replies = 0

/** The model's end of one session: takes the caller's audio, speaks in turns, tells when the caller speaks. */
export class ModelSession {
  readonly #socket: Socket
  readonly #host: () => ModelHost | undefined
  readonly #reader: FrameReader
  #call: LoadCall | undefined
  #stage: Stage = 'waiting'
  #nextAt = Number.POSITIVE_INFINITY
  #bargeInAt = Number.POSITIVE_INFINITY
  #reply: Reply | undefined
  #greeted = false
  #turn = 0
  #closed = false
  readonly acceptedAt = performance.now()
  /** Gets the events of a session that is for no call of the load. */
  onEvent: ((text: string) => void) | undefined

  constructor(socket: Socket, host: () => ModelHost | undefined) {
    this.#socket = socket
    this.#host = host
    this.#reader = new FrameReader({
      text: (bytes, start, end) => this.#take(bytes, start, end),
      ping: (payload) => socket.write(pongOf(payload, false)),
      close: () => {
        if (!this.#closed) socket.end(closeOf(1000, false))
        this.#end()
      },
      fault: (what) => {
        host()?.records.fault(`to the model: ${what}`)
        socket.destroy()
      },
    })
    socket.on('close', () => this.#end())
    this.send(sessionCreated(this.acceptedAt))
  }

  get closed(): boolean {
    return this.#closed
  }

  get bound(): boolean {
    return this.#call !== undefined
  }

  /** Takes what arrived: `chunk[0, length)`. */
  read(chunk: Buffer, length: number): void {
    const host = this.#host()
    const before = host?.records.appends ?? 0
    this.#reader.push(chunk, length)
    if (host !== undefined && host.records.appends > before) host.records.appendReads++
  }

  /** Does what is due; asked once per 20 ms. */
  tick(now: number): void {
    if (now >= this.#bargeInAt) this.#bargeIn(now)
    if (now < this.#nextAt) return
    if (this.#stage === 'thinking') this.#openReply(now)
    else if (this.#stage === 'replying') this.#speak(now)
    else if (this.#stage === 'playing') this.#speechStarted(now)
    else if (this.#stage === 'caller-speaks') this.#speechStopped(now)
  }

  /** Sends one or more whole frames. */
  send(frames: Buffer): void {
    if (!this.#closed) writeNow(this.#socket, frames)
  }

  close(): void {
    this.#socket.destroy()
    this.#end()
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    const call = this.#call
    if (call === undefined || call.session !== this) return
    call.session = undefined
    if (call.line.flowing) this.#host()?.records.fault('session closed by the subject')
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const typeAt = bytes.indexOf('"type":"', start) + 8
    // "input_audio_buffer." is 19 letters; then "ap".
    if (bytes[typeAt] === 0x69 && bytes[typeAt + 19] === 0x61 && bytes[typeAt + 20] === 0x70) {
      const from = bytes.indexOf('"audio":"', start) + 9
      const to = from < 9 ? -1 : bytes.indexOf(0x22, from)
      if (to >= 0 && to < end) {
        this.#takeAudio(bytes, from, to)
        return
      }
    }
    this.#takeEvent(bytes.toString('utf8', start, end))
  }

  #takeAudio(bytes: Buffer, from: number, to: number): void {
    const host = this.#host()
    if (host === undefined) return
    // A subject that sets its sessions up says there whose they are; the others' audio is a stranger's.
    if (this.#call === undefined && !host.asksForGreeting) this.#bind(host.callOf(callOfHead(bytes, from)))
    if (this.#call === undefined) {
      if (!host.asksForGreeting) host.records.fault('to the model: audio of no call')
      return
    }
    host.records.appends++
    const seq = this.#call.line.toModel.take(bytes, from, to)
    const now = performance.now()
    if (seq >= 0) this.#call.line.frameArrived(seq, now)
    if (!this.#greeted && !host.asksForGreeting) this.#think(now, host.rhythm.greetingMs, false)
  }

  #takeEvent(text: string): void {
    const host = this.#host()
    if (this.onEvent !== undefined) {
      this.onEvent(text)
      return
    }
    let event: { type?: unknown; session?: { instructions?: unknown }; event_id?: unknown }
    try {
      event = JSON.parse(text)
    } catch {
      host?.records.fault('to the model: text that is not JSON')
      return
    }
    if (event.type === 'session.update') this.#update(event.session ?? {})
    else if (event.type === 'response.create') this.#takeResponseCreate()
    else if (event.type === 'conversation.item.truncate') {
      this.send(modelEvent('conversation.item.truncated', { ...event, event_id: `event_t${++replies}` }))
    } else if (event.type === 'error' || event.type === undefined) {
      host?.records.fault(`to the model: ${String(event.type)}`)
    }
  }

  #update(session: { instructions?: unknown }): void {
    const named = CALL_IN_INSTRUCTIONS.exec(String(session.instructions ?? ''))?.[1]
    if (named !== undefined) this.#bind(this.#host()?.callOf(Number(named)))
    const stranger = this.#call === undefined ? this.#host()?.stranger : undefined
    this.send(sessionUpdated(this.acceptedAt, session))
    stranger?.(this)
  }

  #bind(call: LoadCall | undefined): void {
    if (call === undefined) return
    this.#call = call
    call.session = this
    call.greetingWarm = this.acceptedAt < call.line.connectedAt
  }

  #takeResponseCreate(): void {
    const host = this.#host()
    if (host === undefined || this.#call === undefined) return
    if (this.#reply !== undefined || this.#stage === 'thinking' || this.#stage === 'caller-speaks') {
      host.records.fault('to the model: response.create while the floor was taken')
      this.send(alreadyActive())
      return
    }
    const ms = this.#greeted ? host.rhythm.replyMs : host.rhythm.greetingMs
    this.#think(performance.now(), ms, false)
  }

  #think(now: number, ms: number, answersSpeech: boolean): void {
    this.#greeted = true
    const number = String(++replies).padStart(16, '0')
    const ids = { responseId: `resp_Bench${number}`, itemId: `item_Bench${number}` }
    this.#reply = { ids, leftMs: ms, text: '', answersSpeech, askedAt: now }
    this.send(replyCreated(ids))
    this.#stage = 'thinking'
    this.#nextAt = now + (this.#host()?.rhythm.thinkMs ?? 0)
  }

  #openReply(now: number): void {
    const host = this.#host() as ModelHost
    this.send(replyOpening((this.#reply as Reply).ids))
    this.#stage = 'replying'
    if (host.rhythm.bargeInAfterMs !== null) this.#bargeInAt = now + host.rhythm.bargeInAfterMs
    this.#speak(now)
    const call = this.#call as LoadCall
    if (Number.isNaN(call.greetingModelMs)) {
      call.greetingModelMs = performance.now() - (this.#reply?.askedAt ?? now)
    }
  }

  #speak(now: number): void {
    const host = this.#host() as ModelHost
    const call = this.#call as LoadCall
    const reply = this.#reply as Reply
    if (reply.leftMs <= 0) {
      this.#closeReply(host, call, reply)
      return
    }
    const seq = call.line.deltaSent(performance.now())
    if (reply.answersSpeech && reply.text === '') call.line.shareSeq = seq
    this.send(audioDelta(reply.ids, call.index, seq))
    const words = 'はい、承知しました。'
    reply.text += words
    this.send(transcriptDelta(reply.ids, words))
    const ms = deltaMsOf(seq)
    reply.leftMs -= ms
    this.#nextAt = now + ms / host.rhythm.pace
  }

  #closeReply(host: ModelHost, call: LoadCall, reply: Reply): void {
    this.send(replyClosing(reply.ids, reply.text))
    this.send(replyDone(reply.ids, reply.text, false))
    this.#reply = undefined
    this.#stage = 'playing'
    this.#nextAt = call.line.playedAt + host.rhythm.pauseMs
  }

  #speechStarted(now: number): void {
    const { rhythm } = this.#host() as ModelHost
    this.#turn++
    this.send(
      modelEvent('input_audio_buffer.speech_started', {
        audio_start_ms: Math.floor(now - this.acceptedAt),
        item_id: this.#turnItem(),
      }),
    )
    this.#stage = 'caller-speaks'
    this.#nextAt = now + rhythm.callerMs
  }

  #speechStopped(now: number): void {
    const { rhythm } = this.#host() as ModelHost
    this.send(turnCommitted(this.#turnItem(), Math.floor(now - this.acceptedAt)))
    this.send(turnTranscribed(this.#turnItem()))
    this.#think(now, rhythm.replyMs, true)
  }

  /** The caller cuts the reply off: with `interrupt_response` the server cancels what it still generates. */
  #bargeIn(now: number): void {
    this.#bargeInAt = Number.POSITIVE_INFINITY
    const host = this.#host() as ModelHost
    const call = this.#call as LoadCall
    if (call.line.playedAt <= now) return
    call.clearAskedAt = performance.now()
    if (host.records.measuring) host.records.clearsAsked++
    this.#speechStarted(now)
    if (this.#reply !== undefined) this.send(replyDone(this.#reply.ids, this.#reply.text, true))
    this.#reply = undefined
  }

  #turnItem(): string {
    return `item_Turn${String(this.#call?.index ?? 0).padStart(6, '0')}x${String(this.#turn).padStart(6, '0')}`
  }
}
