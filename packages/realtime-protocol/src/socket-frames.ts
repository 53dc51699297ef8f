import { randomFillSync } from 'node:crypto'

/**
 * Whole WebSocket text frames (RFC 6455, section 5) made in one buffer, so that each goes to the socket in one
 * write. `ws` would make a copy for the mask, or two chunks out of a string.
 */

const TEXT = 0x81
const MASKED = 0x80

/** Bytes of a frame's head, the mask included. */
export function frameHeadLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + (masked ? 4 : 0)
}

/** Writes the head of a text frame at `at`, without the mask; the place behind it. */
export function writeFrameHead(target: Buffer, at: number, payloadLength: number, masked: boolean): number {
  const bit = masked ? MASKED : 0
  target[at] = TEXT
  if (payloadLength < 126) {
    target[at + 1] = bit | payloadLength
    return at + 2
  }
  if (payloadLength < 65_536) {
    target[at + 1] = bit | 126
    target[at + 2] = payloadLength >>> 8
    target[at + 3] = payloadLength & 0xff
    return at + 4
  }
  target[at + 1] = bit | 127
  target.writeUInt32BE(0, at + 2)
  target.writeUInt32BE(payloadLength, at + 6)
  return at + 10
}

const pool = Buffer.alloc(16_384)
let used = pool.length

/** Writes four fresh random bytes at `at`: what a client's frame is masked with. */
export function writeMask(target: Buffer, at: number): void {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  target[at] = pool[used] as number
  target[at + 1] = pool[used + 1] as number
  target[at + 2] = pool[used + 2] as number
  target[at + 3] = pool[used + 3] as number
  used += 4
}
