import type { VoiceBand } from './voice-band.ts'

/**
 * How one word becomes symbols (two bits each, sent as one of four tones) and back:
 *
 *     sync 8 symbols | header 2 bytes | 1 … 24 bytes of UTF-8 | CRC-16 | filler
 *
 * Header: first of its utterance (1 bit), glued to the word before (1), filler code (2), sequence number (4),
 * length (5), check of these (3). The words of one utterance follow each other without any gap.
 */
export type CodedWord = {
  bytes: Uint8Array
  first: boolean
  glued: boolean
  filler: number
  sequence: number
}

export const SYNC: readonly number[] = [3, 0, 2, 1, 3, 1, 0, 2]
export const HEADER_SYMBOLS = 8
export const CRC_SYMBOLS = 8
export const SYMBOLS_PER_BYTE = 4
export const MAX_WORD_BYTES = 24
export const SEQUENCES = 16
/** Symbols of filler for each filler code: 0, 60, 120, 240 ms. */
export const FILLERS: readonly number[] = [0, 12, 24, 48]
/** Text without spaces is cut into runs of at most so many bytes. */
const RUN_BYTES = 15

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Cuts a text into the words that are sent: at white space, and long ones (Japanese) into short runs. */
export function wordsOf(text: string): { bytes: Uint8Array; glued: boolean }[] {
  const words: { bytes: Uint8Array; glued: boolean }[] = []
  for (const token of text.split(/\s+/u)) {
    if (token === '') continue
    const whole = encoder.encode(token)
    const fits = whole.length <= (isAscii(token) ? MAX_WORD_BYTES : RUN_BYTES)
    for (const [index, run] of (fits ? [token] : runsOf(token)).entries()) {
      words.push({ bytes: encoder.encode(run), glued: index > 0 })
    }
  }
  return words
}

function runsOf(token: string): string[] {
  const runs: string[] = []
  let run = ''
  let size = 0
  for (const letter of token) {
    const bytes = encoder.encode(letter).length
    if (size + bytes > RUN_BYTES) {
      runs.push(run)
      run = ''
      size = 0
    }
    run += letter
    size += bytes
  }
  runs.push(run)
  return runs
}

function isAscii(token: string): boolean {
  return [...token].every((letter) => letter <= '~')
}

/** All symbols (0 … 3) of a word, sync and filler included. */
export function symbolsOf(word: CodedWord, band: VoiceBand): number[] {
  const symbols = [...SYNC]
  const body = new Uint8Array(2 + word.bytes.length)
  body.set(headerOf(word))
  body.set(word.bytes, 2)
  const crc = crc16(body, band)
  const sent = [...body, crc >> 8, crc & 0xff]
  for (const [index, plain] of sent.entries()) {
    const byte = plain ^ maskOf(index)
    for (let shift = 6; shift >= 0; shift -= 2) symbols.push((byte >> shift) & 3)
  }
  const filler = FILLERS[word.filler] ?? 0
  for (let index = 0; index < filler; index += 1) symbols.push(1 + (index % 2))
  return symbols
}

/**
 * What byte `index` of a word is mixed with: equal letters sound different at each place, so that swapped frames
 * do not cancel out.
 */
export function maskOf(index: number): number {
  // The top bit changes at every byte, which neighbouring ASCII letters never do.
  return index < 2 ? 0 : ((index * 0x35) & 0x7f) | ((index & 1) << 7)
}

/** Length and flags from the two header bytes; undefined when their check fails. */
export function readHeader(
  high: number,
  low: number,
): (Omit<CodedWord, 'bytes'> & { length: number }) | undefined {
  const length = low >> 3
  if ((low & 7) !== headerCheck(high, length) || length < 1 || length > MAX_WORD_BYTES) return undefined
  return {
    first: (high & 0x80) !== 0,
    glued: (high & 0x40) !== 0,
    filler: (high >> 4) & 3,
    sequence: high & 15,
    length,
  }
}

/** The text of header, payload and CRC bytes; undefined when the checksum or the UTF-8 is wrong. */
export function readBody(body: Uint8Array, band: VoiceBand): string | undefined {
  const checked = body.subarray(0, -2)
  const crc = ((body[body.length - 2] as number) << 8) | (body[body.length - 1] as number)
  if (crc16(checked, band) !== crc) return undefined
  try {
    return decoder.decode(checked.subarray(2))
  } catch {
    return undefined
  }
}

function headerOf(word: CodedWord): [number, number] {
  const high =
    (word.first ? 0x80 : 0) | (word.glued ? 0x40 : 0) | (word.filler << 4) | (word.sequence % SEQUENCES)
  return [high, (word.bytes.length << 3) | headerCheck(high, word.bytes.length)]
}

function headerCheck(high: number, length: number): number {
  const mixed = (((high << 5) | length) * 0x9e3b) >>> 0
  return (mixed >>> 9) & 7
}

const CRC_START = { caller: 0x1d0f, human: 0x84c5, assistant: 0xffff } as const

function crc16(bytes: Uint8Array, band: VoiceBand): number {
  let crc: number = CRC_START[band]
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}
