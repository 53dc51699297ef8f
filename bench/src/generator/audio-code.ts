/**
 * Audio that can be checked to the last byte without keeping what was sent: each unit (a frame of the caller, a
 * delta of the model) says in its first six bytes whose it is and which one, and the rest is one of a few
 * fixed texts chosen by that number. All of it lives as base64 text, as it travels.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const DIGITS: Buffer = Buffer.from(ALPHABET)
const VALUES: Int8Array = new Int8Array(256).fill(-1)
for (let i = 0; i < 64; i++) VALUES[DIGITS[i] as number] = i

/** Bytes and characters of the head: 12 bits of call, 36 of number. */
export const HEAD_BYTES = 6
export const HEAD_CHARS = 8
/** More calls than this cannot be told apart. */
export const MOST_CALLS = 4096

/** 20 ms of µ-law at 8 kHz. */
export const FRAME_BYTES = 160
export const FRAME_MS = 20

/** Lengths of the model's deltas in ms, in turn: hundreds of milliseconds, not all alike. */
export const DELTA_MS: readonly number[] = [200, 400, 100, 300, 500]

/** A small, fast, seeded generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export type AudioCode = {
  /** Length of unit `seq` in bytes of audio. */
  bytesOf(seq: number): number
  /** The base64 text of unit `seq` after its head. */
  bodyOf(call: number, seq: number): Buffer
}

function bodies(count: number, bytes: number, seed: number): Buffer[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => {
    const raw = Buffer.alloc(bytes)
    for (let i = 0; i < bytes; i++) raw[i] = Math.floor(random() * 256)
    return Buffer.from(raw.toString('base64'))
  })
}

export const FRAME_BODIES: readonly Buffer[] = bodies(61, FRAME_BYTES - HEAD_BYTES, 1)
const DELTA_BODIES = DELTA_MS.map((ms, i) => bodies(7, ms * 8 - HEAD_BYTES, 100 + i))

/** Which of the fixed texts frame `seq` of a call has. */
export const frameBodyIndex = (call: number, seq: number): number => (call * 7 + seq) % FRAME_BODIES.length

export const frameCode: AudioCode = {
  bytesOf: () => FRAME_BYTES,
  bodyOf: (call, seq) => FRAME_BODIES[frameBodyIndex(call, seq)] as Buffer,
}

export const deltaMsOf = (seq: number): number => DELTA_MS[seq % DELTA_MS.length] as number

export const deltaCode: AudioCode = {
  bytesOf: (seq) => deltaMsOf(seq) * 8,
  bodyOf: (call, seq) => {
    const texts = DELTA_BODIES[seq % DELTA_MS.length] as Buffer[]
    return texts[(call + seq) % texts.length] as Buffer
  },
}

/** Writes the head of a unit as eight base64 characters. */
export function writeHead(target: Buffer, at: number, call: number, seq: number): void {
  target[at] = DIGITS[(call >> 6) & 63] as number
  target[at + 1] = DIGITS[call & 63] as number
  target[at + 2] = DIGITS[0] as number
  target[at + 3] = DIGITS[(seq >> 24) & 63] as number
  target[at + 4] = DIGITS[(seq >> 18) & 63] as number
  target[at + 5] = DIGITS[(seq >> 12) & 63] as number
  target[at + 6] = DIGITS[(seq >> 6) & 63] as number
  target[at + 7] = DIGITS[seq & 63] as number
}

/** The call a head names, or -1 when it is no head. */
export function callOfHead(bytes: Buffer, at: number): number {
  const high = VALUES[bytes[at] as number] as number
  const low = VALUES[bytes[at + 1] as number] as number
  return high < 0 || low < 0 ? -1 : (high << 6) | low
}

/** The number a head names, or -1 when it is no head. */
export function seqOfHead(bytes: Buffer, at: number): number {
  if (VALUES[bytes[at + 2] as number] !== 0) return -1
  let seq = 0
  for (let i = 3; i < HEAD_CHARS; i++) {
    const value = VALUES[bytes[at + i] as number] as number
    if (value < 0) return -1
    seq = (seq << 6) | value
  }
  return seq
}

/** Number of base64 characters for this many bytes, padding included. */
export const charsOf = (bytes: number): number => Math.ceil(bytes / 3) * 4

/** The whole base64 text of one unit. */
export function unitText(code: AudioCode, call: number, seq: number): Buffer {
  const body = code.bodyOf(call, seq)
  const text = Buffer.allocUnsafe(HEAD_CHARS + body.length)
  writeHead(text, 0, call, seq)
  body.copy(text, HEAD_CHARS)
  return text
}
