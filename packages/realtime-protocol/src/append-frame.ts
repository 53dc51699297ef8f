import { frameHeadLength, writeFrameHead, writeMask } from './socket-frames.ts'

const BEFORE = Buffer.from('{"type":"input_audio_buffer.append","audio":"')
const AFTER = Buffer.from('"}')
const AROUND = BEFORE.length + AFTER.length

/** Bytes of the whole masked frame that appends a base64 text of this length. */
export function appendFrameLength(textLength: number): number {
  const payload = AROUND + textLength
  return frameHeadLength(payload, true) + payload
}

/**
 * Writes one masked `input_audio_buffer.append` frame into `target` at `at`, the base64 text copied from
 * `source` and masked on the way; the place behind it.
 */
export function writeAppendFrame(
  target: Buffer,
  at: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  const mask = writeFrameHead(target, at, AROUND + end - start, true)
  writeMask(target, mask)
  const m0 = target[mask] as number
  const m1 = target[mask + 1] as number
  const m2 = target[mask + 2] as number
  const m3 = target[mask + 3] as number
  let o = mask + 4
  // 45 bytes come before the text: it begins at the second byte of the mask.
  for (let i = 0; i < 44; i += 4) {
    target[o] = (BEFORE[i] as number) ^ m0
    target[o + 1] = (BEFORE[i + 1] as number) ^ m1
    target[o + 2] = (BEFORE[i + 2] as number) ^ m2
    target[o + 3] = (BEFORE[i + 3] as number) ^ m3
    o += 4
  }
  target[o++] = (BEFORE[44] as number) ^ m0
  let i = start
  for (const whole = end - 3; i < whole; i += 4) {
    target[o] = (source[i] as number) ^ m1
    target[o + 1] = (source[i + 1] as number) ^ m2
    target[o + 2] = (source[i + 2] as number) ^ m3
    target[o + 3] = (source[i + 3] as number) ^ m0
    o += 4
  }
  let phase = 1
  for (; i < end; i++) target[o++] = (source[i] as number) ^ (target[mask + (phase++ & 3)] as number)
  target[o++] = (AFTER[0] as number) ^ (target[mask + (phase++ & 3)] as number)
  target[o++] = (AFTER[1] as number) ^ (target[mask + (phase & 3)] as number)
  return o
}

/** One append as a buffer of its own, for audio that is not on the hot path (silence, what was kept). */
export function appendFrame(source: Buffer, start = 0, end = source.length): Buffer {
  const frame = Buffer.allocUnsafe(appendFrameLength(end - start))
  writeAppendFrame(frame, 0, source, start, end)
  return frame
}
