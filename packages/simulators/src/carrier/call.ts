import type { AnsweredBy } from './amd/machine-detector.ts'
import type { CallEvent, CallHappening, CallStatus, Direction } from './call-event.ts'
import { voiceParams } from './core/call-params.ts'
import { newSid } from './core/sid.ts'
import { runDocuments } from './documents/call-run.ts'
import type { Source } from './documents/document.ts'
import { Line } from './line/line.ts'
import type { Phone } from './phone/phone.ts'
import type { PhoneEnd } from './phone/phone-event.ts'
import { CallRecordings } from './recording/call-recordings.ts'
import type { RecordingSettings } from './recording/recording.ts'
import { type CallbackSettings, StatusCallbacks } from './status-callbacks.ts'
import type { MediaStream } from './stream/media-stream.ts'
import type { Method, WebhookAnswer, WebhookRequest } from './webhooks.ts'
import type { World } from './world.ts'

/** Where documents of a call come from when nothing else says so. */
export type Voice = { source: Source; fallbackUrl?: string; fallbackMethod?: Method }

export type CallSettings = {
  direction: Direction
  from: string
  to: string
  phone: Phone
  voice: Voice
  callbacks?: CallbackSettings
  phoneNumberSid?: string
  /** Longest length in s. */
  timeLimit?: number
  /** Recorded from the answer to the end. */
  recording?: RecordingSettings
}

/** Why a running document is broken off. */
export type BreakOff = 'over' | 'replaced'

const HISTORY_LIMIT = 5000

/** One call of the account: its state, its line, and the document that runs on it. */
export class Call {
  readonly sid = newSid('CA')
  readonly world: World
  readonly direction: Direction
  readonly from: string
  readonly to: string
  readonly phone: Phone
  readonly line: Line
  readonly phoneNumberSid: string | undefined
  readonly createdAt = new Date()
  readonly history: CallEvent[] = []
  readonly callbacks: StatusCallbacks
  readonly recordings = new CallRecordings(this)
  voice: Voice
  status: CallStatus
  startedAt: Date | undefined
  endedAt: Date | undefined
  updatedAt = new Date()
  sipCode: number | undefined
  /** Time it waited to be dialed. */
  queuedMs = 0
  /** Who answered, as far as that was asked and is known. */
  answeredBy: AnsweredBy | undefined
  /** The stream that is open now. */
  stream: MediaStream | undefined
  readonly streams: MediaStream[] = []
  readonly #bornAt = performance.now()
  readonly #listeners = new Set<(event: CallEvent) => void>()
  #run: { breakOff: AbortController; done: Promise<void> } | undefined
  #timeLimit: NodeJS.Timeout | undefined
  #timeLimitMs: number
  readonly #recording: RecordingSettings | undefined
  /** Takes keys while a verb wants them. */
  #onDigit: ((digit: string) => void) | undefined

  constructor(world: World, settings: CallSettings) {
    this.world = world
    this.direction = settings.direction
    this.from = settings.from
    this.to = settings.to
    this.phone = settings.phone
    this.voice = settings.voice
    this.phoneNumberSid = settings.phoneNumberSid
    this.status = settings.direction === 'inbound' ? 'ringing' : 'queued'
    this.line = new Line(world.ticker, settings.phone)
    this.callbacks = new StatusCallbacks(this, settings.callbacks)
    this.#timeLimitMs = Math.min((settings.timeLimit ?? Number.POSITIVE_INFINITY) * 1000, world.limits.callMs)
    this.#recording = settings.recording
    this.phone.attach(this.sid, {
      hangUp: () => this.finish(this.isAnswered ? 'completed' : 'no-answer', 'hung-up'),
      press: (digit) => this.#onDigit?.(digit),
    })
  }

  get isOver(): boolean {
    return this.endedAt !== undefined
  }

  /** Whether a document has been asked for. */
  get hasRun(): boolean {
    return this.#run !== undefined
  }

  get isAnswered(): boolean {
    return this.startedAt !== undefined
  }

  /** Whole seconds from answer to end, as they are billed. */
  get seconds(): number {
    if (!this.startedAt || !this.endedAt) return 0
    return Math.max(1, Math.round((this.endedAt.getTime() - this.startedAt.getTime()) / 1000))
  }

  setStatus(status: CallStatus): void {
    this.status = status
    this.updatedAt = new Date()
    this.note({ type: 'status', status })
  }

  /** The call is picked up, by a document (inbound) or by the phone (outbound). */
  answer(): void {
    if (this.isAnswered || this.isOver) return
    this.startedAt = new Date()
    this.sipCode = 200
    this.setStatus('in-progress')
    this.line.open()
    this.phone.answered()
    if (this.#recording) this.recordings.ofCall = this.recordings.start(this.#recording)
    this.callbacks.send('answered')
    this.#timeLimit = setTimeout(
      () => this.finish('completed', 'other-side'),
      Math.min(this.#timeLimitMs, 2 ** 31 - 1),
    )
  }

  /** Starts the documents; a running one is broken off first, the new one is asked for at once. */
  run(source: Source): void {
    if (this.isOver) return
    const before = this.#run
    before?.breakOff.abort('replaced' satisfies BreakOff)
    const breakOff = new AbortController()
    const done = runDocuments(this, source, breakOff.signal, before?.done ?? Promise.resolve()).catch(
      (error) => {
        // A bug of the simulator: this call dies, and whoever looks at the debugger sees why.
        this.world.debugger.error('bug', String(error instanceof Error ? error.stack : error), {
          callSid: this.sid,
        })
        this.finish('failed', 'other-side')
      },
    )
    this.#run = { breakOff, done }
  }

  /** Limits the length of the call from now on. `seconds` count from the answer. */
  limit(seconds: number): void {
    this.#timeLimitMs = Math.min(seconds * 1000, this.world.limits.callMs)
    if (!this.startedAt) return
    clearTimeout(this.#timeLimit)
    const left = this.#timeLimitMs - (Date.now() - this.startedAt.getTime())
    this.#timeLimit = setTimeout(() => this.finish('completed', 'other-side'), Math.max(0, left))
  }

  /** Ends the call once; later ends change nothing. */
  finish(status: CallStatus, end: PhoneEnd, sipCode?: number): void {
    if (this.isOver) return
    clearTimeout(this.#timeLimit)
    this.endedAt = new Date()
    this.sipCode = sipCode ?? this.sipCode ?? SIP_CODES[status]
    this.setStatus(status)
    this.line.close()
    this.#run?.breakOff.abort('over' satisfies BreakOff)
    this.phone.over(end)
    this.recordings.stopAll()
    this.callbacks.send('completed')
  }

  /** Gives the keys to one taker until the answer is called. */
  takeDigits(onDigit: (digit: string) => void): () => void {
    this.#onDigit = onDigit
    return () => {
      if (this.#onDigit === onDigit) this.#onDigit = undefined
    }
  }

  /**
   * Sends a request about this call and writes it into the history. `isBare`: with the SIDs of call and account instead of
   * all that voice requests tell.
   */
  async webhook(request: WebhookRequest, isBare = false): Promise<WebhookAnswer> {
    const about = isBare ? { AccountSid: this.world.account.sid, CallSid: this.sid } : voiceParams(this)
    const params = { ...about, ...request.params }
    const answer = await this.world.webhooks.deliver({ ...request, params })
    const outcome = answer.is === 'answered' ? String(answer.status) : `${answer.code} ${answer.message}`
    this.note({
      type: 'webhook',
      method: request.method,
      url: request.url,
      params,
      outcome,
      tookMs: answer.ms,
    })
    return answer
  }

  note(happening: CallHappening): void {
    const ms = Math.round(performance.now() - this.#bornAt)
    const event = { at: new Date().toISOString(), ms, ...happening } as CallEvent
    this.history.push(event)
    if (this.history.length > HISTORY_LIMIT) this.history.shift()
    for (const listener of this.#listeners) listener(event)
  }

  /** Calls back for each event; the answer stops it. */
  onEvent(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when documents, streams and callbacks of an ended call have run out. */
  async settled(): Promise<void> {
    await this.#run?.done
    await this.recordings.settled()
    await this.callbacks.settled()
  }
}

const SIP_CODES: Partial<Record<CallStatus, number>> = {
  completed: 200,
  busy: 486,
  'no-answer': 487,
  canceled: 487,
  failed: 404,
}
