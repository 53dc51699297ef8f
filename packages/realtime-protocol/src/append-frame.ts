import { frameRoom, maskInPlace } from './frame-room.ts'
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
 * `source`; the place behind it. It is quickest where `target` is of `frameRoom`.
 */
export function writeAppendFrame(
  target: Buffer,
  at: number,
  source: Buffer,
  start: number,
  end: number,
): number {
  const maskAt = writeFrameHead(target, at, AROUND + end - start, true)
  writeMask(target, maskAt)
  const from = maskAt + 4
  BEFORE.copy(target, from)
  const text = from + BEFORE.length
  source.copy(target, text, start, end)
  const after = text + end - start
  target[after] = AFTER[0] as number
  target[after + 1] = AFTER[1] as number
  maskInPlace(target, maskAt, from, after + 2)
  return after + 2
}

/** One append as a buffer of its own. */
export function appendFrame(source: Buffer, start = 0, end = source.length): Buffer {
  const frame = frameRoom(appendFrameLength(end - start))
  writeAppendFrame(frame, 0, source, start, end)
  return frame
}
