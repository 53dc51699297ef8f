import { FILTER_DELAY, STEP_SAMPLES, SYMBOL_STEPS, ToneFilter } from './tone-filter.ts'
import { SAMPLE_RATE, type VoiceBand } from './voice-band.ts'
import {
  CRC_SYMBOLS,
  FILLERS,
  HEADER_SYMBOLS,
  maskOf,
  readBody,
  readHeader,
  SEQUENCES,
  SYMBOLS_PER_BYTE,
  SYNC,
} from './word-code.ts'

/**
 * One word as it was heard. `startMs` and `endMs` count from the first sample the listener was given. A damaged
 * word, or a place where something is missing or doubled, is `▯`. `glued`: no space stood before it.
 */
export type HeardWord = { text: string; startMs: number; endMs: number; damaged: boolean; glued: boolean }

export const DAMAGED = '▯'

/** Steps of memory: longer than the longest word twice. */
const MEMORY = 4096
/** Part of the band's power that must lie in the expected tones of a sync. */
const SYNC_PURITY = 0.6
/** After a sync was seen, a better one may follow within so many steps. */
const SYNC_SETTLE = SYMBOL_STEPS / 2
/** A word whose power falls below this part of its sync's has been cut off. */
const CUT_POWER = 0.03
const CUT_STEPS = 3 * SYMBOL_STEPS
/** Words of one utterance follow each other to within so many steps. */
const GAP_TOLERANCE = 4

/** `at` is the step that ends the sync. */
type Candidate = { at: number; score: number; power: number }
type Header = NonNullable<ReturnType<typeof readHeader>>

class Listener {
  readonly #band: VoiceBand
  readonly #filter: ToneFilter
  readonly #symbols = new Uint8Array(MEMORY)
  readonly #tone = new Float64Array(MEMORY)
  readonly #power = new Float64Array(MEMORY)
  #step = -1
  #best: Candidate | undefined
  #pending: Candidate[] = []
  #header: Header | 'bad' | undefined
  #faintSteps = 0
  /** The sequence number and the step after the last good word. */
  #last: { sequence: number; end: number } | undefined
  #lastWasDamaged = false
  #heard: HeardWord[] = []

  constructor(band: VoiceBand) {
    this.#band = band
    this.#filter = new ToneFilter(band, (symbol, tone, power) => this.#onStep(symbol, tone, power))
  }

  push(pcm: Int16Array): HeardWord[] {
    this.#filter.push(pcm)
    return this.#take()
  }

  flush(): HeardWord[] {
    // The filter still holds the last milliseconds; nothing that is cut off can be completed by this silence.
    this.#filter.push(new Int16Array(FILTER_DELAY + 2 * STEP_SAMPLES))
    this.#settle()
    while (this.#pending.length > 0) {
      if (!this.#resolve()) this.#damaged(this.#step)
    }
    return this.#take()
  }

  #take(): HeardWord[] {
    if (this.#heard.length === 0) return []
    const heard = this.#heard
    this.#heard = []
    return heard
  }

  #onStep(symbol: number, tone: number, power: number): void {
    this.#step += 1
    const slot = this.#step % MEMORY
    this.#symbols[slot] = symbol
    this.#tone[slot] = tone
    this.#power[slot] = power
    if (power > 0) this.#seekSync()
    if (this.#best && this.#step - this.#best.at >= SYNC_SETTLE) this.#settle()
    while (this.#pending.length > 0 && this.#resolve());
  }

  #seekSync(): void {
    const at = this.#step
    let tone = 0
    let power = 0
    for (let index = 0; index < SYNC.length; index += 1) {
      const slot = (at - (SYNC.length - 1 - index) * SYMBOL_STEPS + MEMORY) % MEMORY
      if (this.#symbols[slot] !== SYNC[index]) return
      tone += this.#tone[slot] as number
      power += this.#power[slot] as number
    }
    if (tone < SYNC_PURITY * power) return
    if (!this.#best || tone > this.#best.score) this.#best = { at, score: tone, power: power / SYNC.length }
  }

  #settle(): void {
    if (this.#best) this.#pending.push(this.#best)
    this.#best = undefined
  }

  /** Decides the oldest candidate if what it needs has been heard. True when it was decided. */
  #resolve(): boolean {
    const word = this.#pending[0] as Candidate
    if (this.#isCutOff(word)) return this.#damaged(this.#step)
    if (this.#step < word.at + HEADER_SYMBOLS * SYMBOL_STEPS) return false
    this.#header ??= readHeader(this.#byte(word, 0), this.#byte(word, 1)) ?? 'bad'
    if (this.#header === 'bad') return this.#damaged(word.at + HEADER_SYMBOLS * SYMBOL_STEPS)
    const { length } = this.#header
    const end = word.at + (HEADER_SYMBOLS + length * SYMBOLS_PER_BYTE + CRC_SYMBOLS) * SYMBOL_STEPS
    if (this.#step < end) return false
    const body = Uint8Array.from({ length: length + 4 }, (_, index) => this.#byte(word, index))
    const text = readBody(body, this.#band)
    return text === undefined ? this.#damaged(end) : this.#understood(word, this.#header, text, end)
  }

  #isCutOff(word: Candidate): boolean {
    const faint = (this.#power[this.#step % MEMORY] as number) < CUT_POWER * word.power
    this.#faintSteps = faint ? this.#faintSteps + 1 : 0
    return this.#faintSteps > CUT_STEPS
  }

  #byte(word: Candidate, index: number): number {
    let byte = 0
    for (let symbol = 1; symbol <= SYMBOLS_PER_BYTE; symbol += 1) {
      const step = word.at + (index * SYMBOLS_PER_BYTE + symbol) * SYMBOL_STEPS
      byte = (byte << 2) | (this.#symbols[step % MEMORY] as number)
    }
    return byte ^ maskOf(index)
  }

  #understood(word: Candidate, header: Header, text: string, end: number): boolean {
    const start = startOf(word)
    const last = this.#last
    const follows =
      last !== undefined &&
      header.sequence === (last.sequence + 1) % SEQUENCES &&
      Math.abs(start - last.end) <= GAP_TOLERANCE
    if (!header.first && !follows && !this.#lastWasDamaged) {
      const from = last && last.end < start ? last.end : start
      this.#heard.push({ text: DAMAGED, startMs: ms(from), endMs: ms(start), damaged: true, glued: false })
    }
    this.#heard.push({ text, startMs: ms(start), endMs: ms(end), damaged: false, glued: header.glued })
    this.#last = { sequence: header.sequence, end: end + (FILLERS[header.filler] ?? 0) * SYMBOL_STEPS }
    this.#lastWasDamaged = false
    // A sync inside a good word is an accident of its letters.
    this.#pending = this.#pending.filter((other) => startOf(other) >= end - GAP_TOLERANCE)
    if (this.#best && startOf(this.#best) < end - GAP_TOLERANCE) this.#best = undefined
    this.#next()
    return true
  }

  #damaged(end: number): boolean {
    const word = this.#pending.shift() as Candidate
    const next = this.#pending[0]
    const until = next ? Math.min(end, startOf(next)) : end
    this.#heard.push({
      text: DAMAGED,
      startMs: ms(startOf(word)),
      endMs: ms(until),
      damaged: true,
      glued: false,
    })
    this.#lastWasDamaged = true
    this.#next()
    return true
  }

  #next(): void {
    this.#header = undefined
    this.#faintSteps = 0
  }
}

function startOf(word: Candidate): number {
  return word.at - SYNC.length * SYMBOL_STEPS
}

/** A step as ms on the listener's clock, the filter's delay taken off. */
function ms(step: number): number {
  return Math.max(0, (((step + 1) * STEP_SAMPLES - FILTER_DELAY) * 1000) / SAMPLE_RATE)
}

/**
 * A listener for one voice: give it 8 kHz samples as they come (any sizes), take the words that became complete.
 * `flush` ends what is still open (a word cut off by the end is damaged).
 */
export function createListener(band: VoiceBand): {
  push(pcm: Int16Array): HeardWord[]
  flush(): HeardWord[]
} {
  return new Listener(band)
}

/** Words as one text: a space between them, none where the speaker had none. */
export function textOf(words: readonly { text: string; glued?: boolean }[]): string {
  return words.map(({ text, glued }, index) => (index === 0 || glued ? text : ` ${text}`)).join('')
}
