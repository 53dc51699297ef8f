import { textOf, type VoiceBand } from '@toritsugi/audio'
import type { PhoneWord } from './phone/hearing.ts'
import type { ToldEvent } from './simulated-call.ts'

/** Words further apart than this begin a new line. */
const PAUSE_MS = 500

/** Turns the events of a call into lines for a person to read: sentences instead of words. */
export class CallTeller {
  /** Script failures and debugger entries so far. */
  troubles = 0
  #heard: PhoneWord[] = []

  /** The lines that one event brings. */
  tell(told: ToldEvent): string[] {
    const { of, event } = told
    if (of === 'debugger') {
      this.troubles += 1
      return [...this.#sentence(), `        debugger: ${event.level} ${event.code} ${event.message}`]
    }
    if (of === 'call') return this.#tellCall(event)
    switch (event.type) {
      case 'heard':
        return this.#word(event.word)
      case 'said':
        return [...this.#sentence(), line(event.startMs, 'caller', event.text + (event.whole ? '' : ' …'))]
      case 'pressed':
        return [...this.#sentence(), line(event.ms, 'caller', `presses ${event.digits}`)]
      case 'records':
        return [...this.#sentence(), line(event.ms, 'phone', 'records a message')]
      case 'ringing':
        return [line(0, 'phone', 'rings')]
      case 'answered':
        return [line(0, 'phone', 'answered')]
      case 'script-failed':
        this.troubles += 1
        return [...this.#sentence(), line(event.ms, 'script', `failed: ${event.message}`)]
      case 'over':
        return [...this.#sentence(), line(event.ms, 'phone', `over: ${event.end}`)]
      default:
        return []
    }
  }

  #tellCall(event: Extract<ToldEvent, { of: 'call' }>['event']): string[] {
    if (event.type === 'webhook') {
      return [
        `        ${event.method} ${new URL(event.url).pathname} → ${event.outcome} in ${event.tookMs} ms`,
      ]
    }
    if (event.type === 'stream') return [`        stream: ${event.what}`]
    if (event.type === 'recording') return [`        recording: ${event.status}`]
    if (event.type === 'answered-by') return [`        answered by: ${event.answeredBy}`]
    if (event.type === 'status') return [`        call is ${event.status}`]
    return []
  }

  #word(word: PhoneWord): string[] {
    const last = this.#heard.at(-1)
    const goesOn = last && last.band === word.band && word.startMs - last.endMs < PAUSE_MS
    const lines = goesOn ? [] : this.#sentence()
    this.#heard.push(word)
    return /[.?!。？！]$/.test(word.text) ? [...lines, ...this.#sentence()] : lines
  }

  #sentence(): string[] {
    const [first] = this.#heard
    if (!first) return []
    const text = textOf(this.#heard)
    this.#heard = []
    return [line(first.startMs, NAMES[first.band], text)]
  }
}

const NAMES: Readonly<Record<VoiceBand, string>> = {
  assistant: 'hears',
  human: 'hears (human)',
  caller: 'hears (caller)',
}

function line(ms: number, who: string, text: string): string {
  return `${(Math.max(0, ms) / 1000).toFixed(2).padStart(6)}  ${who.padEnd(9)} ${text}`
}
