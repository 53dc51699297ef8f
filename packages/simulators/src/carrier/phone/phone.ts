import { mix, readWav, resample, speak, textOf, type VoiceBand, writeWav } from '@toritsugi/audio'
import { Waiting } from '../core/waiting.ts'
import { FRAME_SAMPLES, type Handset } from '../line/line.ts'
import { FRAME_MS } from '../line/ticker.ts'
import { type HeardPhrase, Hearing, type PhoneWord } from './hearing.ts'
import { noise } from './noise.ts'
import type { Happening, PhoneEnd, PhoneEvent } from './phone-event.ts'
import { firstSoundAfter, lastSoundBefore, longestSilence, type Stretch } from './sound.ts'
import { Tape } from './tape.ts'
import { type Said, Voice } from './voice.ts'

export type PhoneSettings = {
  /** The other numbers: of this phone and of who it speaks with. */
  number: string
  peer: string
  /** Its voice (default `caller`), and the voices it understands (default all). */
  band?: VoiceBand
  listensTo?: readonly VoiceBand[]
  /** Set false to keep no recording. */
  keepsAudio?: boolean
}

/** The carrier's side of a phone. */
export type PhoneLine = { hangUp(): void; press(digit: string): void }

const ALL_BANDS: readonly VoiceBand[] = ['assistant', 'human', 'caller']
const DIGITS = /^[0-9*#A-D]$/

/**
 * A telephone with somebody at it: speaks, presses keys, hangs up, and records and understands what reaches its ear.
 * All times are ms on its own clock, which starts when the call is answered.
 */
export class Phone implements Handset {
  readonly number: string
  readonly peer: string
  readonly band: VoiceBand
  readonly events: PhoneEvent[] = []
  callSid = ''
  state: 'dialing' | 'ringing' | 'talking' | 'over' = 'dialing'
  endReason: PhoneEnd | undefined
  /** `performance.now()` when the clock started. */
  answeredAt = 0
  readonly #hearing: Hearing
  readonly #heardTape: Tape | undefined
  readonly #saidTape: Tape | undefined
  readonly #voice = new Voice(
    (text) => this.#happened({ type: 'speaks', text }),
    (said) => this.#happened({ type: 'said', ...said }),
  )
  readonly #waiting = new Waiting()
  readonly #listeners = new Set<(event: PhoneEvent) => void>()
  #ticks = 0
  #lastSoundMs = 0
  #messageFromMs: number | undefined
  #line: PhoneLine | undefined

  constructor(settings: PhoneSettings) {
    this.number = settings.number
    this.peer = settings.peer
    this.band = settings.band ?? 'caller'
    this.#hearing = new Hearing(settings.listensTo ?? ALL_BANDS)
    this.#heardTape = settings.keepsAudio === false ? undefined : new Tape()
    this.#saidTape = settings.keepsAudio === false ? undefined : new Tape()
  }

  /** Ms since the call was answered, by the samples. */
  get ms(): number {
    return this.#ticks * FRAME_MS
  }

  get heard(): readonly PhoneWord[] {
    return this.#hearing.words
  }

  /** What was understood of one voice, as text. */
  heardText(band: VoiceBand = 'assistant'): string {
    return this.#hearing.text(band)
  }

  /** What it heard: 8 kHz samples from the answer on. */
  get heardAudio(): Int16Array {
    return this.#heardTape?.pcm ?? new Int16Array(0)
  }

  /** What it said, on the same clock. */
  get saidAudio(): Int16Array {
    return (this.#saidTape?.pcm ?? new Int16Array(0)).subarray(FRAME_SAMPLES)
  }

  /** What it heard, as a WAV file. */
  get heardWav(): Uint8Array {
    return writeWav(this.heardAudio)
  }

  /** What it said, as a WAV file. */
  get saidWav(): Uint8Array {
    return writeWav(this.saidAudio)
  }

  /** What was said to it since its tone, when it is a voicemail: words of any voice, and 8 kHz samples. */
  get message(): { text: string; audio: Int16Array } | undefined {
    const from = this.#messageFromMs
    if (from === undefined) return undefined
    const words = this.heard.filter(({ startMs }) => startMs >= from)
    return { text: textOf(words), audio: this.heardAudio.subarray(from * 8) }
  }

  /** What it hears from now on is its message. */
  beginMessage(): void {
    this.#messageFromMs = this.ms
    this.#happened({ type: 'records' })
  }

  /** Time just after the last voiced sample it sent; undefined when it said nothing. */
  get lastVoicedMs(): number | undefined {
    return lastSoundBefore(this.saidAudio, Number.POSITIVE_INFINITY)
  }

  /** Time of the first sound it heard at or after a time. */
  firstSoundAfter(ms: number, height?: number): number | undefined {
    return firstSoundAfter(this.heardAudio, ms, height)
  }

  /** Time just after the last sound it heard before a time. */
  lastSoundBefore(ms: number, height?: number): number | undefined {
    return lastSoundBefore(this.heardAudio, ms, height)
  }

  /** The longest silence at its ear. */
  longestSilence(fromMs?: number, toMs?: number, dbfs?: number): Stretch & { ms: number } {
    return longestSilence(this.heardAudio, fromMs, toMs, dbfs)
  }

  /**
   * Speaks, after what it is saying already. Resolves when said, or cut off by the end of the call. `unclear`: with so much
   * noise in the voice that words can be understood, but nobody would swear to them.
   */
  say(text: string, options: { rate?: number; unclear?: boolean } = {}): Promise<Said> {
    const { unclear = false, ...voice } = options
    const pcm = speak(text, this.band, voice)
    return this.#play(unclear ? mix(pcm, noise(pcm.length)) : pcm, text)
  }

  /** Plays a WAV file of any rate into the call. */
  playWav(file: Uint8Array): Promise<Said> {
    const { pcm, sampleRate } = readWav(file)
    return this.#play(resample(pcm, sampleRate, 8000), '[recording]')
  }

  /** Plays 8 kHz samples into the call. */
  play(pcm: Int16Array): Promise<Said> {
    return this.#play(pcm, '[samples]')
  }

  /** Breaks off what it is saying. */
  stopSpeaking(): void {
    this.#voice.stop()
  }

  /** Presses keys, one after the other. An Error for anything but 0-9 * # A-D. */
  press(digits: string): void {
    for (const digit of digits)
      if (!DIGITS.test(digit)) throw new Error(`There is no key ${digit} on a phone`)
    this.#happened({ type: 'pressed', digits })
    for (const digit of digits) this.#line?.press(digit)
  }

  hangUp(): void {
    if (this.state === 'over') return
    this.#line?.hangUp()
    this.over('hung-up')
  }

  /** Waits until it has heard something like this since the last such find. Rejects at the deadline or the end. */
  waitToHear(
    pattern: RegExp,
    options: { timeoutMs?: number; band?: VoiceBand; again?: boolean } = {},
  ): Promise<HeardPhrase> {
    const { timeoutMs = 10_000, band, again = false } = options
    return this.#waitFor(`words like ${pattern}`, timeoutMs, () => this.#hearing.find(pattern, band, again))
  }

  /** Waits until nothing was heard for so long. Rejects at the deadline or the end. */
  waitForSilence(ms: number, options: { timeoutMs?: number } = {}): Promise<number> {
    const { timeoutMs = 30_000 } = options
    return this.#waitFor(`${ms} ms of silence`, timeoutMs, () => {
      return this.state === 'talking' && this.ms - this.#lastSoundMs >= ms ? this.ms : undefined
    })
  }

  /** Waits until its clock shows a time. Rejects when the call ends before. */
  waitUntil(ms: number, timeoutMs = 30_000): Promise<number> {
    return this.#waitFor(`see ${ms} ms on its clock`, timeoutMs, () => (this.ms >= ms ? this.ms : undefined))
  }

  /** Waits for an event, past or future. */
  waitFor<T extends PhoneEvent['type']>(
    type: T,
    timeoutMs = 10_000,
  ): Promise<Extract<PhoneEvent, { type: T }>> {
    return this.#waitFor(`event ${type}`, timeoutMs, () =>
      this.events.find((event): event is Extract<PhoneEvent, { type: T }> => event.type === type),
    )
  }

  waitForAnswer(timeoutMs?: number): Promise<unknown> {
    return this.waitFor('answered', timeoutMs)
  }

  /** Waits until the call is over. */
  async waitForEnd(timeoutMs = 30_000): Promise<PhoneEnd> {
    return (await this.waitFor('over', timeoutMs)).end
  }

  /** Calls back for each event; the answer stops it. */
  onEvent(listener: (event: PhoneEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  nextFrame(): Int16Array | undefined {
    const frame = this.#voice.next(this.ms)
    this.#saidTape?.add(frame, FRAME_SAMPLES)
    return frame
  }

  hear(frame: Int16Array | undefined): void {
    this.#heardTape?.add(frame, FRAME_SAMPLES)
    const sound = frame && lastSoundBefore(frame, FRAME_MS)
    if (sound !== undefined) this.#lastSoundMs = this.ms + sound
    this.#ticks += 1
    for (const word of this.#hearing.push(frame)) this.#happened({ type: 'heard', word })
    if (!this.#waiting.isEmpty) this.#waiting.wake()
  }

  /** Lets go of its recordings; words and events stay. */
  forgetAudio(): void {
    this.#heardTape?.clear()
    this.#saidTape?.clear()
  }

  /** The carrier connects the phone to a call. */
  attach(callSid: string, line: PhoneLine): void {
    this.callSid = callSid
    this.#line = line
  }

  ringing(): void {
    this.state = 'ringing'
    this.#happened({ type: 'ringing' })
  }

  answered(): void {
    this.state = 'talking'
    this.answeredAt = performance.now()
    this.#happened({ type: 'answered', callSid: this.callSid })
  }

  over(end: PhoneEnd): void {
    if (this.state === 'over') return
    for (const word of this.#hearing.flush()) this.#happened({ type: 'heard', word })
    this.stopSpeaking()
    this.state = 'over'
    this.endReason = end
    this.#happened({ type: 'over', end })
    this.#waiting.giveUp(`the call is over (${end}). ${this.#soFar()}`)
  }

  /** Notes what its script does. */
  noted(happening: Extract<Happening, { type: 'script' | 'script-failed' }>): void {
    this.#happened(happening)
  }

  #play(pcm: Int16Array, text: string): Promise<Said> {
    if (this.state !== 'over') return this.#voice.add(pcm, text, this.ms)
    return Promise.resolve({ text, startMs: this.ms, endMs: this.ms, whole: false })
  }

  #happened(happening: Happening): void {
    const event = { ms: this.ms, at: new Date().toISOString(), ...happening } as PhoneEvent
    this.events.push(event)
    for (const listener of this.#listeners) listener(event)
    this.#waiting.wake()
  }

  #waitFor<T>(what: string, timeoutMs: number, test: () => T | undefined): Promise<T> {
    const value = test()
    if (value !== undefined) return Promise.resolve(value)
    if (this.state === 'over') return Promise.reject(new Error(`There was no ${what}: ${this.#soFar()}`))
    return this.#waiting.for(what, timeoutMs, test, () => this.#soFar())
  }

  #soFar(): string {
    const heard = ALL_BANDS.filter((band) => this.heardText(band) !== '')
    return heard.length === 0
      ? 'It has heard no words.'
      : heard.map((band) => `Of the ${band} it has heard: ${this.heardText(band)}`).join(' ')
  }
}
