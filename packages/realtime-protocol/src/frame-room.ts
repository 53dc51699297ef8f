/**
 * Memory for frames that go to a socket. A slab is filled from its front; what was cut from it may wait in a socket
 * for as long as it likes, and is freed with the last of its frames. A frame that its socket took at once gives its
 * room back, so that mostly the same bytes, hot in the cache, are written again and again.
 */
const slabBytes = 64 * 1024
/** Longer frames get memory of their own: the rest of a slab would be lost to them. */
const mostInSlab = 8 * 1024

let slab = Buffer.allocUnsafeSlow(slabBytes)
let slabWords = new Int32Array(slab.buffer)
let used = 0
/** What was cut last. */
let last = slab.subarray(0, 0)
let isLastFree = false

/** So many bytes to write frames into. They begin where a word begins, which makes masking cheap. */
export function frameRoom(length: number): Buffer {
  if (length > mostInSlab) return Buffer.allocUnsafeSlow(length)
  if (isLastFree) {
    isLastFree = false
    if (last.length === length) return last
    used = last.byteOffset
  }
  if (used + length > slabBytes) {
    slab = Buffer.allocUnsafeSlow(slabBytes)
    slabWords = new Int32Array(slab.buffer)
    used = 0
  }
  const at = used
  used = (at + length + 3) & ~3
  last = slab.subarray(at, at + length)
  return last
}

/** Nobody looks at this frame any more. Only the one cut last gives its room back. */
export function frameDone(frame: Buffer): void {
  if (frame === last) isLastFree = true
}

const turned = new Uint8Array(4)
const turnedWord = new Int32Array(turned.buffer)

/**
 * Masks what stands from `from` to `to` with the four bytes at `maskAt` (RFC 6455, section 5.3), a word at a time.
 * The mask is turned to where the first whole word begins; it is read from memory as the words are, so the order
 * of bytes in a word does not matter.
 */
export function maskInPlace(target: Buffer, maskAt: number, from: number, to: number): void {
  const memory = target.buffer
  const words =
    memory === slabWords.buffer ? slabWords : new Int32Array(memory, 0, Math.floor(memory.byteLength / 4))
  const base = target.byteOffset
  let o = from
  for (; o < to && ((base + o) & 3) !== 0; o++) maskByte(target, maskAt, from, o)
  for (let i = 0; i < 4; i++) turned[i] = target[maskAt + ((o - from + i) & 3)] as number
  const mask = turnedWord[0] as number
  const lastWord = (base + to) >> 2
  let w = (base + o) >> 2
  for (; w < lastWord - 3; w += 4) {
    words[w] = (words[w] as number) ^ mask
    words[w + 1] = (words[w + 1] as number) ^ mask
    words[w + 2] = (words[w + 2] as number) ^ mask
    words[w + 3] = (words[w + 3] as number) ^ mask
  }
  for (; w < lastWord; w++) words[w] = (words[w] as number) ^ mask
  for (o = Math.max(o, lastWord * 4 - base); o < to; o++) maskByte(target, maskAt, from, o)
}

function maskByte(target: Buffer, maskAt: number, from: number, o: number): void {
  target[o] = (target[o] as number) ^ (target[maskAt + ((o - from) & 3)] as number)
}
