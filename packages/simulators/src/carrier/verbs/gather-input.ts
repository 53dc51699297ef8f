import { Recognizer } from '../line/recognizer.ts'
import { FRAME_MS } from '../line/ticker.ts'
import type { GatherSettings } from './gather-settings.ts'

/** What a `<Gather>` came to. */
export type GatherEnd =
  | { by: 'keys'; digits: string; finishedOn: string }
  | { by: 'speech'; text: string; confidence: number }
  | { by: 'nothing'; finishedOn: string }

/** Longest speech ("TwiML Gather: speech is transcribed up to 60 seconds"). */
const LONGEST_SPEECH_MS = 60_000
const PROFANITIES = /\b(damn|shit|fuck|bitch|bastard|asshole)\w*\b/gi

/**
 * Keys or speech, whichever comes first; its clock are the frames it is given. `hearsInPrompt`: whether speech during a
 * prompt that must not be interrupted counts.
 */
export class GatherInput {
  readonly #settings: GatherSettings
  readonly #hearsInPrompt: boolean
  readonly #recognizer: Recognizer
  #promptIsOver = false
  #digits = ''
  #idleMs = 0
  #end: GatherEnd | undefined

  constructor(settings: GatherSettings, hearsInPrompt: boolean) {
    this.#settings = settings
    this.#hearsInPrompt = hearsInPrompt
    this.#recognizer = new Recognizer(settings.language)
  }

  get end(): GatherEnd | undefined {
    return this.#end
  }

  /** Whether the prompt has to stop. */
  get interrupts(): boolean {
    return this.#end !== undefined || this.#digits !== '' || (this.#settings.bargeIn && this.#isSpeaking)
  }

  get words(): readonly string[] {
    return this.#recognizer.words.map((word) => this.#decent(word))
  }

  /** The nested verbs have ended: from now on the timeout counts. */
  endPrompt(): void {
    this.#promptIsOver = true
  }

  press(digit: string): void {
    const { takesKeys, finishOnKey, numDigits } = this.#settings
    if (!takesKeys || this.#end) return
    if (digit === finishOnKey) {
      if (this.#digits !== '') this.#end = { ...this.#keys(), finishedOn: digit }
      else this.#end = this.#isSpeaking ? this.#speech() : { by: 'nothing', finishedOn: digit }
      return
    }
    this.#digits += digit
    this.#idleMs = 0
    if (this.#digits.length >= numDigits) this.#end = this.#keys()
  }

  /** Takes 20 ms of what the phone sent; true when there are new words. */
  hear(frame: Int16Array | undefined): boolean {
    if (this.#end) return false
    const { takesSpeech, bargeIn } = this.#settings
    const listens = takesSpeech && this.#digits === ''
    const isHeard = this.#promptIsOver || bargeIn || this.#hearsInPrompt
    const hasNewWords = listens && isHeard && this.#recognizer.push(frame)
    if (this.#promptIsOver) this.#idleMs += FRAME_MS
    this.#look()
    return hasNewWords
  }

  get #isSpeaking(): boolean {
    return this.#recognizer.hasBegun && this.#digits === ''
  }

  #look(): void {
    const { timeoutMs, speechTimeoutMs } = this.#settings
    if (!this.#promptIsOver) return
    if (this.#isSpeaking) {
      const { quietMs, spokenMs } = this.#recognizer
      if (quietMs >= speechTimeoutMs || spokenMs >= LONGEST_SPEECH_MS) this.#end = this.#speech()
    } else if (this.#idleMs >= timeoutMs) {
      this.#end = this.#digits === '' ? { by: 'nothing', finishedOn: '' } : this.#keys()
    }
  }

  #keys(): Extract<GatherEnd, { by: 'keys' }> {
    return { by: 'keys', digits: this.#digits, finishedOn: '' }
  }

  #speech(): GatherEnd {
    const recognized = this.#recognizer.end()
    if (!recognized) return { by: 'nothing', finishedOn: '' }
    return { by: 'speech', ...recognized, text: this.#decent(recognized.text) }
  }

  #decent(text: string): string {
    if (!this.#settings.filtersProfanity) return text
    return text.replace(PROFANITIES, (word) => `${word.slice(0, 1)}${'*'.repeat(word.length - 1)}`)
  }
}
