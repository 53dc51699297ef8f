import type { RawData, WebSocket } from 'ws'
import { createInputAudio } from './audio-events.ts'
import { FormatSuspicion } from './audio-suspicion.ts'
import { NOT_TEXT, readClientEvent } from './client-event.ts'
import { type Brain, type Manner, Mind } from './core/brain.ts'
import { Conversation } from './core/conversation.ts'
import { freshSession, type SessionConfig } from './core/session-config.ts'
import type { PromptPart } from './core/tokens.ts'
import type { Debugger, Suspicion } from './debugger.ts'
import type { FaultList } from './faults.ts'
import type { CallerTurn, InputAudio } from './input-audio.ts'
import { Moments } from './moments.ts'
import type { ModelTraits } from './protocol/model-table.ts'
import type { JsonObject, Problem } from './protocol/shape.ts'
import type { Random } from './random.ts'
import type { ResponseRun } from './response-run.ts'
import { SessionLog } from './session-log.ts'
import type { ModelSwitches } from './switches.ts'
import { Transcriber } from './transcriber.ts'

/** What a session is given by its server. */
export type SessionSurroundings = {
  index: number
  model: string
  traits: ModelTraits
  /** The rules in force now. */
  brain: () => Brain
  manner: Manner
  switches: ModelSwitches
  faults: FaultList
  debugger: Debugger
  random: Random
}

/** A caller's turn as the model understood it. */
export type UnderstoodTurn = CallerTurn & { itemId: string }

/** Unread bytes after which a client that does not read is cut off. */
const UNREAD_LIMIT = 32 * 1024 * 1024

const DELTAS = /\.delta$/

/** One Realtime session on one socket. Events are answered strictly in the order in which they arrive. */
export class RealtimeSession {
  readonly id: string
  readonly conversationId: string
  readonly surroundings: SessionSurroundings
  readonly log = new SessionLog()
  readonly conversation = new Conversation()
  readonly input: InputAudio
  readonly transcriber: Transcriber
  readonly mind: Mind
  readonly suspicion = new FormatSuspicion()
  readonly moments: Moments
  /** What the model understood, turn by turn. */
  readonly understood: UnderstoodTurn[] = []
  /** Responses under way, the default conversation's and out-of-band ones. */
  readonly responses = new Map<string, ResponseRun>()
  readonly idleItems = new Set<string>()
  /** Calls of tools whose results the model has answered. */
  readonly toldCalls = new Set<string>()
  config: SessionConfig
  /** A `session.updated` has been sent. */
  isUpdated = false
  /** Assistant audio is present: the voice is fixed. */
  spoke = false
  responseCount = 0
  /** Id of the user item that the open speech will become. */
  openItemId: string | null = null
  lastPrompt: readonly PromptPart[] = []
  /** Clock of appended audio at which the assistant's last audio has been played. */
  playedAtMs = 0
  /** Clock of appended audio at which an idle timeout is due. */
  idleDueMs: number | null = null
  /** Totals of what was appended: pieces and bytes. */
  appended = { events: 0, bytes: 0 }
  closed: { code: number; reason: string } | null = null
  readonly #socket: WebSocket
  #timers = new Set<NodeJS.Timeout>()
  /** The client event being handled. */
  #current: { type: string | null; id: string | null } = { type: null, id: null }
  #isStalled = false
  #held: string[] = []

  constructor(socket: WebSocket, surroundings: SessionSurroundings) {
    const { random, switches, index, faults } = surroundings
    this.#socket = socket
    this.surroundings = surroundings
    this.id = random.id('sess')
    this.conversationId = random.id('conv')
    const expiresAt = Math.ceil((Date.now() + switches.sessionMs) / 1000)
    this.config = freshSession(this.id, surroundings.model, expiresAt, surroundings.traits)
    this.mind = new Mind(surroundings.brain, surroundings.manner)
    this.moments = new Moments(this)
    this.input = createInputAudio(this)
    this.transcriber = new Transcriber({
      session: index,
      faults,
      random,
      delayMs: () => switches.transcriptionMs,
      send: (type, fields) => this.send(type, fields),
    })
  }

  /** Greets the client and starts listening to it. */
  open(): void {
    const { faults, index, switches } = this.surroundings
    this.#socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    this.#socket.on('close', (code, reason) => this.#gone(code, reason.toString()))
    this.#socket.on('error', () => this.#socket.terminate())
    this.later(switches.sessionMs, () => this.expire())
    this.moments.opened()
    if (faults.take('mute', index)) return
    this.send('session.created', { session: this.config })
    if (switches.conversationCreated) {
      this.send('conversation.created', {
        conversation: { id: this.conversationId, object: 'realtime.conversation' },
      })
    }
  }

  /** Sends a server event; the faults and switches that concern it apply here. */
  send(type: string, fields: JsonObject): void {
    const { faults, index, switches, random } = this.surroundings
    const delay = faults.take('delay', index, ({ event }) => event === type && type !== 'session.updated')
    const event: JsonObject = { type, event_id: random.id('event'), ...fields }
    if (switches.obfuscation && DELTAS.test(type)) event.obfuscation = random.letters(8)
    if (delay) this.later(delay.ms, () => this.#write(type, event))
    else this.#write(type, event)
  }

  /** Sends an `error` event about the client event with this id, or about nobody's. */
  complain(problem: Problem, eventId: string | null): void {
    const { code, message, param, type = 'invalid_request_error' } = problem
    this.send('error', { error: { type, code, message, param, event_id: eventId } })
  }

  /** Records something suspicious that the service would not complain of. */
  suspect(code: Suspicion, message: string): void {
    this.debug(code, message)
  }

  debug(code: string, message: string): void {
    this.surroundings.debugger.add({ sessionId: this.id, code, message, event: this.#current.type })
  }

  /** A timer that dies with the session. */
  later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.closed) run()
    }, ms)
    this.#timers.add(timer)
  }

  /** The first turn, past or future, understood as something like this. Rejects after `timeoutMs`. */
  async waitToUnderstand(pattern: RegExp, timeoutMs?: number): Promise<UnderstoodTurn> {
    const find = () => this.understood.find(({ heard }) => pattern.test(heard))
    await this.log.waitFor(
      ({ type }) => type === 'input_audio_buffer.committed' && find() !== undefined,
      timeoutMs,
    )
    const turn = find()
    if (!turn) throw new Error(`No turn was understood as ${pattern}`)
    return turn
  }

  /** The response of the default conversation that is under way, if any. */
  get activeResponse(): ResponseRun | undefined {
    return [...this.responses.values()].find((run) => !run.request.outOfBand)
  }

  /** Ends the session as the live service does after its maximum duration. */
  expire(): void {
    const message = 'Your session hit the maximum duration of 60 minutes.'
    this.complain({ code: 'session_expired', message, param: null }, null)
    this.close(1001, message)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, Buffer.from(reason).subarray(0, 123).toString())
  }

  /** Tears the TCP connection without a close frame. */
  drop(): void {
    this.#socket.terminate()
  }

  /** Neither reads nor writes any more, for `forMs` or for ever; the socket stays open. */
  stall(forMs?: number): void {
    this.#isStalled = true
    this.#socket.pause()
    if (forMs === undefined) return
    this.later(forMs, () => {
      this.#isStalled = false
      this.#socket.resume()
      for (const text of this.#held.splice(0)) this.#socket.send(text)
    })
  }

  #write(type: string, event: JsonObject): void {
    if (this.closed || this.#socket.readyState !== this.#socket.OPEN) return
    this.log.add('server', type, event)
    const text = JSON.stringify(event)
    if (this.#isStalled) this.#held.push(text)
    else this.#socket.send(text)
    if (this.#socket.bufferedAmount > UNREAD_LIMIT || this.#held.length > 10_000) {
      this.suspect('client-not-reading', 'The client left too much unread; its socket was cut.')
      this.drop()
    }
    this.moments.sent(type)
  }

  #receive(data: RawData, isBinary: boolean): void {
    const read = isBinary ? NOT_TEXT : readClientEvent(data.toString())
    this.#current = { type: read.type, id: read.id }
    let { problem } = read
    if (read.event && read.type !== 'input_audio_buffer.append') {
      this.log.add('client', read.type ?? '', read.event)
    }
    try {
      if (read.handle) problem = read.handle(this)
    } catch (error) {
      problem = { code: 'server_error', message: String(error), param: null, type: 'server_error' }
    }
    if (problem) {
      this.debug(problem.code, problem.message)
      this.complain(problem, this.#current.id)
    }
    this.#current = { type: null, id: null }
  }

  #gone(code: number, reason: string): void {
    this.closed = { code, reason }
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.transcriber.close()
    for (const run of this.responses.values()) run.abandon()
    this.responses.clear()
    this.log.add('client', 'socket.closed', { code, reason })
  }
}
