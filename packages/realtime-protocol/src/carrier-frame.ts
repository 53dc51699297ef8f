import { decimal } from './json-bytes.ts'
import { frameHeadLength, writeFrameHead } from './socket-frames.ts'

/**
 * What a mark's name says: which stretch of playing (raised by each `clear`), response and item, counted from 1
 * within the stream, and ms of the item's audio up to here. Written `generation:response:item:ms`.
 */
export type Mark = { generation: number; response: number; item: number; ms: number }

const colon = 0x3a

/** Makes the messages to one stream of the carrier as whole frames ("Media Streams: WebSocket Messages"). */
export type CarrierFrames = {
  /** The base64 text from `start` to `end` and its mark, to be written at once. */
  mediaAndMark(source: Buffer, start: number, end: number, mark: Mark): Buffer
  mark(mark: Mark): Buffer
  readonly clear: Buffer
}

export function carrierFrames(streamSid: string): CarrierFrames {
  const sid = JSON.stringify(streamSid)
  const mediaBefore = Buffer.from(`{"event":"media","streamSid":${sid},"media":{"payload":"`)
  const markBefore = Buffer.from(`{"event":"mark","streamSid":${sid},"mark":{"name":"`)
  const after = Buffer.from('"}}')
  const clearText = Buffer.from(`{"event":"clear","streamSid":${sid}}`)
  const clear = Buffer.allocUnsafe(frameHeadLength(clearText.length, false) + clearText.length)
  clearText.copy(clear, writeFrameHead(clear, 0, clearText.length, false))

  const markPayload = (mark: Mark): number => markBefore.length + nameLength(mark) + after.length
  const writeMark = (target: Buffer, at: number, mark: Mark, payload: number): void => {
    let o = writeFrameHead(target, at, payload, false)
    o += markBefore.copy(target, o)
    o = writeDecimal(target, o, mark.generation)
    target[o++] = colon
    o = writeDecimal(target, o, mark.response)
    target[o++] = colon
    o = writeDecimal(target, o, mark.item)
    target[o++] = colon
    o = writeDecimal(target, o, mark.ms)
    after.copy(target, o)
  }

  return {
    clear,
    mediaAndMark(source, start, end, mark) {
      const media = mediaBefore.length + (end - start) + after.length
      const marking = markPayload(mark)
      const markAt = frameHeadLength(media, false) + media
      const target = Buffer.allocUnsafe(markAt + frameHeadLength(marking, false) + marking)
      let o = writeFrameHead(target, 0, media, false)
      o += mediaBefore.copy(target, o)
      o += source.copy(target, o, start, end)
      after.copy(target, o)
      writeMark(target, markAt, mark, marking)
      return target
    },
    mark(mark) {
      const payload = markPayload(mark)
      const target = Buffer.allocUnsafe(frameHeadLength(payload, false) + payload)
      writeMark(target, 0, mark, payload)
      return target
    },
  }
}

/** Reads a mark's name from `start` to `end` into `mark`; false when it is not one of ours. */
export function readMark(bytes: Buffer, start: number, end: number, mark: Mark): boolean {
  const first = bytes.indexOf(colon, start)
  if (first < 0 || first >= end) return false
  const second = bytes.indexOf(colon, first + 1)
  if (second < 0 || second >= end) return false
  const third = bytes.indexOf(colon, second + 1)
  if (third < 0 || third >= end) return false
  mark.generation = decimal(bytes, start, first)
  mark.response = decimal(bytes, first + 1, second)
  mark.item = decimal(bytes, second + 1, third)
  mark.ms = decimal(bytes, third + 1, end)
  return mark.generation >= 0 && mark.response >= 0 && mark.item >= 0 && mark.ms >= 0
}

const nameLength = (mark: Mark): number =>
  digits(mark.generation) + digits(mark.response) + digits(mark.item) + digits(mark.ms) + 3

function digits(value: number): number {
  let n = 1
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) n++
  return n
}

function writeDecimal(target: Buffer, at: number, value: number): number {
  const end = at + digits(value)
  let rest = value
  for (let i = end - 1; i >= at; i--) {
    const next = Math.floor(rest / 10)
    target[i] = 0x30 + (rest - next * 10)
    rest = next
  }
  return end
}
