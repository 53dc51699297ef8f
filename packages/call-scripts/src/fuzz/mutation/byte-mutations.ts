import type { Random } from './random.ts'

type Change = (random: Random, bytes: Buffer, other: Buffer) => Buffer

/** Byte sequences that are not UTF-8: lone continuations, overlong forms, surrogates, what lies beyond U+10FFFF. */
const NOT_UTF8: readonly Buffer[] = [
  '80',
  'c0af',
  'e080af',
  'eda080',
  'f4908080',
  'ff',
  'fe',
  'c3',
  'e282',
].map((hex) => Buffer.from(hex, 'hex'))

const spliced = (bytes: Buffer, at: number, remove: number, add: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), add, bytes.subarray(at + remove)])

const changes: Readonly<Record<string, Change>> = {
  'bits flipped': (random, bytes) => {
    const copy = Buffer.from(bytes)
    for (let n = 1 + random.below(8); n > 0 && copy.length > 0; n--) {
      const at = random.below(copy.length)
      copy[at] = (copy[at] as number) ^ (1 << random.below(8))
    }
    return copy
  },
  truncated: (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  'start cut off': (random, bytes) => bytes.subarray(random.below(bytes.length + 1)),
  'not UTF-8': (random, bytes) => spliced(bytes, random.below(bytes.length + 1), 0, random.pick(NOT_UTF8)),
  'bytes put in': (random, bytes) =>
    spliced(bytes, random.below(bytes.length + 1), 0, random.bytes(1 + random.below(32))),
  'bytes replaced': (random, bytes) => {
    const length = 1 + random.below(16)
    return spliced(bytes, random.below(bytes.length + 1), length, random.bytes(length))
  },
  'a piece twice': (random, bytes) => {
    const at = random.below(bytes.length + 1)
    const piece = bytes.subarray(at, at + random.below(200))
    return spliced(bytes, at, 0, piece)
  },
  'two halves joined': (random, bytes, other) =>
    Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
  zeroes: (random, bytes) => {
    const at = random.below(bytes.length + 1)
    return spliced(bytes, at, 8, Buffer.alloc(8))
  },
  noise: (random) => random.bytes(random.pick([1, 16, 300, 4000])),
}

/** Bytes with one thing wrong in them. @param other another sample, to be joined with */
export function mutateBytes(random: Random, bytes: Buffer, other: Buffer): { bytes: Buffer; how: string } {
  const how = random.pick(Object.keys(changes))
  return { bytes: (changes[how] as Change)(random, bytes, other), how }
}
