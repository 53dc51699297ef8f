/**
 * Small steps over the bytes of a JSON text. They know strings without escapes, whole numbers and literals; on
 * anything else they answer -1, and the caller lets `JSON.parse` decide. What they accept, `JSON.parse` accepts.
 */

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COLON = 0x3a
export const COMMA = 0x2c
export const OPEN = 0x7b
export const CLOSE = 0x7d

/** The first byte at or after `at` that is not white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let i = at
  for (;;) {
    const b = bytes[i]
    if (b !== 0x20 && b !== 0x0a && b !== 0x0d && b !== 0x09) return i
    i++
  }
}

/** The closing quote of the short string whose first character is at `from`; -1 when it needs more than a look. */
export function stringEnd(bytes: Buffer, from: number): number {
  let i = from
  for (;;) {
    const b = bytes[i]
    if (b === QUOTE) return i
    if (b === undefined || b === BACKSLASH || b < 0x20) return -1
    i++
  }
}

/** The same for a long string, found with the engine's own search; control characters within are not noticed. */
export function longStringEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(QUOTE, from)
  if (end < 0) return -1
  const escaped = bytes.indexOf(BACKSLASH, from)
  return escaped >= 0 && escaped < end ? -1 : end
}

/** The end of a whole number, `true`, `false` or `null` that begins at `at`; -1 for every other value. */
export function plainValueEnd(bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === undefined) return -1
  if (first >= 0x30 && first <= 0x39) {
    let i = at + 1
    for (;;) {
      const b = bytes[i]
      if (b === undefined || b < 0x30 || b > 0x39) break
      i++
    }
    if (first === 0x30 && i > at + 1) return -1
    // A fraction or an exponent.
    const next = bytes[i]
    return next === 0x2e || next === 0x65 || next === 0x45 ? -1 : i
  }
  if (first === 0x74) return equalsAt(bytes, at, TRUE) ? at + 4 : -1
  if (first === 0x6e) return equalsAt(bytes, at, NULL) ? at + 4 : -1
  if (first === 0x66) return equalsAt(bytes, at, FALSE) ? at + 5 : -1
  return -1
}

const TRUE = Buffer.from('true')
const NULL = Buffer.from('null')
const FALSE = Buffer.from('false')

/** Whether `expected` stands at `at`. */
export function equalsAt(bytes: Buffer, at: number, expected: Buffer): boolean {
  if (at + expected.length > bytes.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

/** Whether the bytes from `start` to `end` are exactly `expected`. */
export function isExactly(bytes: Buffer, start: number, end: number, expected: Buffer): boolean {
  return end - start === expected.length && equalsAt(bytes, start, expected)
}

/** The number written in decimal digits from `start` to `end`; -1 when it is not one, or has more than 15 digits. */
export function decimal(bytes: Buffer, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
