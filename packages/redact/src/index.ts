import { cardSpans, type Span, securityCodeSpans } from './card.ts'
import { digitRuns } from './digits.ts'
import { ibanSpans, secretSpans } from './secrets.ts'

/** What stands where something was taken out; always the same, so that not even its length is told. */
export const redacted = '▇▇▇▇'

/**
 * Takes card numbers (also spoken, in Japanese and English), security codes, bank account numbers, keys, tokens
 * and passwords out of a text. Telephone numbers are content and stay. Give it whole utterances: a number cut
 * in two is not recognised. For a text that comes in pieces use `createRedactor`.
 */
export function redact(text: string): string {
  const spans = [...cardSpans(text), ...securityCodeSpans(text), ...ibanSpans(text), ...secretSpans(text)]
  if (spans.length === 0) return text
  let out = ''
  let from = 0
  for (const span of merged(spans)) {
    out += text.slice(from, span.start) + redacted
    from = span.end
  }
  return out + text.slice(from)
}

/** Redacts a text that comes in pieces: gives out what is settled, holds back what may become a secret. */
export type Redactor = {
  /** Adds a piece; returns the text that can be shown now (often shorter or longer than the piece). */
  push(piece: string): string
  /** The rest, at the end of the text. */
  flush(): string
}

/** A number may go on, a word may be half: so many characters behind a run of digits it is still open. */
const openCharacters = 8
/** A digit said in kana may come in pieces: きゅ, う. */
const longestKana = 3
/** The most that is held back; a longer tail is judged as it is. */
const mostHeld = 400

export function createRedactor(): Redactor {
  let held = ''
  return {
    push(piece) {
      held += piece
      const cut = held.length > mostHeld ? held.length : settledLength(held)
      const out = redact(held.slice(0, cut))
      held = held.slice(cut)
      return out
    },
    flush() {
      const out = redact(held)
      held = ''
      return out
    },
  }
}

/** An account number in groups, not all of them there yet. */
const accountTail = /\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){0,9} ?$/u

/** What may be the beginning of something secret, at the end of a text. */
const openTails: readonly RegExp[] = [
  // A word that announces a secret, and what follows it.
  /(?:password|passwd|secret|key|token|bearer|CVV2?|CVC2?|CID|code|double|triple|セキュリティー?コード|パスワード|暗証番号)[^\n]{0,30}$/iu,
  accountTail,
  // The last word in ASCII: a key, a token, an address with a password.
  /[\x21-\x7e]+$/u,
]

/** How much of the text cannot change its meaning any more. */
function settledLength(text: string): number {
  let cut = Math.max(0, text.length - longestKana)
  for (const tail of openTails) cut = Math.min(cut, tail.exec(text)?.index ?? cut)
  const run = digitRuns(text).at(-1)
  if (run && run.end + openCharacters >= text.length) {
    cut = Math.min(cut, accountTail.exec(text.slice(0, run.start))?.index ?? run.start)
  }
  // Never within a word: its other half would not be recognised.
  return /[\x21-\x7e]/.test(text.charAt(cut)) ? text.slice(0, cut).search(/[\x21-\x7e]*$/) : cut
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1)
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end)
    else result.push({ ...span })
  }
  return result
}
