import { type DigitRun, digitRuns } from './digits.ts'

export type Span = { start: number; end: number }

/** ISO/IEC 7812: the check digit of a card number. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** Card numbers have 13 to 19 digits; the first one is never 0, and 1 belongs to nobody but airlines. */
const card = /^[2-9][0-9]{12,18}$/
/** Brands by their first digits and their lengths, to find a number inside a longer run. */
const brands =
  /^(?:4[0-9]{15}|4[0-9]{12}|5[1-5][0-9]{14}|2(?:2[2-9]|[3-6][0-9]|7[01])[0-9]{13}|3[47][0-9]{13}|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14}|6[0-9]{15})/

/** Where card numbers are. A telephone number, with its +, is none. */
export function cardSpans(text: string): Span[] {
  return digitRuns(text).flatMap((run) => spansOf(text, run))
}

function spansOf(text: string, run: DigitRun): Span[] {
  if (run.digits.length < 13) return []
  // Part of an id or of a word: not a number by itself.
  if (/[\p{L}\p{N}_]/u.test(text.charAt(run.start - 1)) && isAscii(text, run.start - 1)) return []
  if (/[A-Za-z0-9_]/.test(text.charAt(run.end))) return []
  const before = text.charAt(run.start - 1)
  if ((before === '+' || before === '＋') && run.digits.length <= 15) return []
  if (card.test(run.digits) && passesLuhn(run.digits)) return [{ start: run.start, end: run.end }]
  return withinRun(run)
}

/** A card number said together with something else (its expiry, an order number): at the start of a group. */
function withinRun(run: DigitRun): Span[] {
  const spans: Span[] = []
  let from = 0
  for (const group of run.groups) {
    if (group.digit < from) continue
    const found = brands.exec(run.digits.slice(group.digit))?.[0]
    if (found === undefined || !passesLuhn(found)) continue
    const last = group.digit + found.length
    const end = run.groups.findLast((one) => one.digit < last)
    spans.push({ start: group.start, end: end?.end ?? run.end })
    from = last
  }
  return spans
}

/** CVV and its names; up to two dozen characters may stand between the name and the digits. */
const codeWords =
  /(?:\b(?:CVV2?|CVC2?|CID|card verification|security code)\b|セキュリティ[ー]?コード|セキュリティ[ー]?番号|カード確認番号|裏面の(?:3|３|三)桁)/giu
const codeReach = 24

/** The three or four digits after a word for a card's security code. */
export function securityCodeSpans(text: string): Span[] {
  // Most texts have no such digits; looking for the words costs far more than looking for digits.
  const runs = digitRuns(text).filter(({ digits }) => digits.length >= 3 && digits.length <= 4)
  if (runs.length === 0) return []
  return [...text.matchAll(codeWords)].flatMap((name) => {
    const from = name.index + name[0].length
    const run = runs.find(({ start }) => start >= from && start - from <= codeReach)
    return run ? [{ start: run.start, end: run.end }] : []
  })
}

function isAscii(text: string, index: number): boolean {
  return text.charCodeAt(index) < 128
}
