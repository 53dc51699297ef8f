import { DAMAGED, levelDbfs, textOf, type VoiceBand } from '@toritsugi/audio'
import { Hearing, type PhoneWord } from '../phone/hearing.ts'
import { noiseShareOf } from './spectrum.ts'
import { FRAME_MS } from './ticker.ts'

/** What was understood; `confidence` 0 … 1. */
export type Recognized = { text: string; confidence: number }

const BANDS: readonly VoiceBand[] = ['caller', 'human', 'assistant']
const SPEECH_DBFS = -45
/** Sound of this length is speech; shorter is a click. */
const ONSET_MS = 60
/** A clear voice is understood with this confidence; a noise share of a half brings it down to nothing. */
const BEST_CONFIDENCE = 0.97
const NOISE_WEIGHT = 2
const ASIAN_SCRIPT = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\p{Script=Hangul}]/u
const ASIAN_LANGUAGE = /^(ja|zh|cmn|yue|ko)\b/i

/**
 * Understands speech by demodulating the frames that reached it, in one language: words in letters which the language
 * does not have, and damaged ones, come out as `▯`. Confidence falls with noise and with what was not understood.
 */
export class Recognizer {
  readonly #hearing = new Hearing(BANDS)
  readonly #language: string
  #noise = 0
  #voicedMs = 0
  #onsetMs = 0
  #quietMs = 0
  #spokenMs = 0
  #hasBegun = false

  constructor(language: string) {
    this.#language = language
  }

  /** Whether speech has been heard. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Silence since the last speech. */
  get quietMs(): number {
    return this.#quietMs
  }

  /** Time since speech began. */
  get spokenMs(): number {
    return this.#spokenMs
  }

  /** Takes 20 ms; true when a word became complete. */
  push(frame: Int16Array | undefined): boolean {
    const isVoiced = frame !== undefined && levelDbfs(frame) > SPEECH_DBFS
    this.#onsetMs = isVoiced ? this.#onsetMs + FRAME_MS : 0
    this.#hasBegun ||= this.#onsetMs >= ONSET_MS
    this.#quietMs = isVoiced ? 0 : this.#quietMs + FRAME_MS
    if (this.#hasBegun) this.#spokenMs += FRAME_MS
    if (isVoiced) {
      this.#noise += noiseShareOf(frame)
      this.#voicedMs += FRAME_MS
    }
    return this.#hearing.push(frame).length > 0
  }

  /** The words so far, one text each. */
  get words(): readonly string[] {
    return this.#understood().map(({ text, glued }, index) => (index > 0 && !glued ? ` ${text}` : text))
  }

  /** Ends listening; undefined when no word was understood. */
  end(): Recognized | undefined {
    this.#hearing.flush()
    const words = this.#understood()
    const good = words.filter(({ text }) => text !== DAMAGED).length
    if (good === 0) return undefined
    const noise = this.#noise / Math.max(1, this.#voicedMs / FRAME_MS)
    const clarity = Math.max(0.01, BEST_CONFIDENCE - NOISE_WEIGHT * noise)
    return { text: textOf(words), confidence: (clarity * good) / words.length }
  }

  #understood(): PhoneWord[] {
    const isAsian = ASIAN_LANGUAGE.test(this.#language)
    return [...this.#hearing.words]
      .sort((a, b) => a.startMs - b.startMs)
      .map((word) => (!isAsian && ASIAN_SCRIPT.test(word.text) ? { ...word, text: DAMAGED } : word))
  }
}
