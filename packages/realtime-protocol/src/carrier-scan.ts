import {
  CLOSE,
  COLON,
  COMMA,
  decimal,
  isExactly,
  longStringEnd,
  OPEN,
  plainValueEnd,
  QUOTE,
  skipSpace,
  stringEnd,
} from './json-bytes.ts'

/** Where things stand in a message of the carrier. One object is used again for every message. */
export type CarrierScan = {
  /** `other`: not one of the two, or written in a way the scan does not know: `JSON.parse` decides. */
  kind: 'media' | 'mark' | 'other'
  streamStart: number
  streamEnd: number
  /** The base64 text of a `media`. */
  payloadStart: number
  payloadEnd: number
  /** Ms since the stream started; -1 when it is missing or not a number. */
  timestampMs: number
  timestampStart: number
  timestampEnd: number
  /** True unless the track is named and is not the caller's. */
  inbound: boolean
  /** The name of a `mark`. */
  nameStart: number
  nameEnd: number
}

export const newCarrierScan = (): CarrierScan => ({
  kind: 'other',
  streamStart: 0,
  streamEnd: 0,
  payloadStart: 0,
  payloadEnd: 0,
  timestampMs: -1,
  timestampStart: 0,
  timestampEnd: 0,
  inbound: true,
  nameStart: 0,
  nameEnd: 0,
})

const EVENT = Buffer.from('event')
const STREAM_SID = Buffer.from('streamSid')
const MEDIA = Buffer.from('media')
const MARK = Buffer.from('mark')
const PAYLOAD = Buffer.from('payload')
const TIMESTAMP = Buffer.from('timestamp')
const TRACK = Buffer.from('track')
const INBOUND = Buffer.from('inbound')
const NAME = Buffer.from('name')

/**
 * Finds payload, timestamp and streamSid of a `media` message, or the name of a `mark`, without making anything:
 * keys in any order, any white space ("Media Streams: WebSocket Messages"). The places are written into `found`.
 */
export function scanCarrierMessage(bytes: Buffer, found: CarrierScan): void {
  found.kind = 'other'
  found.streamEnd = 0
  found.payloadEnd = 0
  found.nameEnd = 0
  let event = 0
  let i = skipSpace(bytes, 0)
  if (bytes[i] !== OPEN) return
  i = skipSpace(bytes, i + 1)
  for (;;) {
    if (bytes[i] !== QUOTE) return
    const keyStart = i + 1
    const keyEnd = stringEnd(bytes, keyStart)
    if (keyEnd < 0) return
    i = skipSpace(bytes, keyEnd + 1)
    if (bytes[i] !== COLON) return
    i = skipSpace(bytes, i + 1)
    const first = bytes[i]
    if (first === QUOTE) {
      const end = stringEnd(bytes, i + 1)
      if (end < 0) return
      if (isExactly(bytes, keyStart, keyEnd, EVENT)) {
        event = isExactly(bytes, i + 1, end, MEDIA) ? 1 : isExactly(bytes, i + 1, end, MARK) ? 2 : 0
        if (event === 0) return
      } else if (isExactly(bytes, keyStart, keyEnd, STREAM_SID)) {
        found.streamStart = i + 1
        found.streamEnd = end
      } else if (isExactly(bytes, keyStart, keyEnd, MEDIA) || isExactly(bytes, keyStart, keyEnd, MARK)) return
      i = end + 1
    } else if (first === OPEN) {
      if (isExactly(bytes, keyStart, keyEnd, MEDIA)) i = scanMedia(bytes, i + 1, found)
      else if (isExactly(bytes, keyStart, keyEnd, MARK)) i = scanMark(bytes, i + 1, found)
      else return
      if (i < 0) return
    } else {
      i = plainValueEnd(bytes, i)
      if (i < 0) return
    }
    i = skipSpace(bytes, i)
    const next = bytes[i]
    if (next === COMMA) {
      i = skipSpace(bytes, i + 1)
      continue
    }
    if (next !== CLOSE || skipSpace(bytes, i + 1) !== bytes.length) return
    if (found.streamEnd === 0) return
    if (event === 1 && found.payloadEnd > 0 && found.timestampMs >= 0) found.kind = 'media'
    else if (event === 2 && found.nameEnd > 0) found.kind = 'mark'
    return
  }
}

/** Reads the flat object of a `media`, its first byte at `at`; the place behind it, or -1. */
function scanMedia(bytes: Buffer, at: number, found: CarrierScan): number {
  found.payloadEnd = 0
  found.timestampMs = -1
  found.inbound = true
  let i = skipSpace(bytes, at)
  for (;;) {
    if (bytes[i] !== QUOTE) return -1
    const keyStart = i + 1
    const keyEnd = stringEnd(bytes, keyStart)
    if (keyEnd < 0) return -1
    i = skipSpace(bytes, keyEnd + 1)
    if (bytes[i] !== COLON) return -1
    i = skipSpace(bytes, i + 1)
    if (bytes[i] === QUOTE) {
      const start = i + 1
      if (isExactly(bytes, keyStart, keyEnd, PAYLOAD)) {
        const end = longStringEnd(bytes, start)
        if (end < 0) return -1
        found.payloadStart = start
        found.payloadEnd = end
        i = end + 1
      } else {
        const end = stringEnd(bytes, start)
        if (end < 0) return -1
        if (isExactly(bytes, keyStart, keyEnd, TIMESTAMP)) takeTimestamp(bytes, start, end, found)
        else if (isExactly(bytes, keyStart, keyEnd, TRACK)) {
          found.inbound = isExactly(bytes, start, end, INBOUND)
        }
        i = end + 1
      }
    } else {
      const end = plainValueEnd(bytes, i)
      if (end < 0) return -1
      if (isExactly(bytes, keyStart, keyEnd, TIMESTAMP)) takeTimestamp(bytes, i, end, found)
      else if (isExactly(bytes, keyStart, keyEnd, PAYLOAD)) return -1
      else if (isExactly(bytes, keyStart, keyEnd, TRACK)) return -1
      i = end
    }
    i = skipSpace(bytes, i)
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1)
    else return bytes[i] === CLOSE ? i + 1 : -1
  }
}

function takeTimestamp(bytes: Buffer, start: number, end: number, found: CarrierScan): void {
  found.timestampMs = decimal(bytes, start, end)
  found.timestampStart = start
  found.timestampEnd = end
}

/** Reads `{"name":"…"}`, its first byte at `at`; the place behind it, or -1. */
function scanMark(bytes: Buffer, at: number, found: CarrierScan): number {
  let i = skipSpace(bytes, at)
  if (bytes[i] !== QUOTE || !isExactly(bytes, i + 1, i + 5, NAME) || bytes[i + 5] !== QUOTE) return -1
  i = skipSpace(bytes, i + 6)
  if (bytes[i] !== COLON) return -1
  i = skipSpace(bytes, i + 1)
  if (bytes[i] !== QUOTE) return -1
  const end = stringEnd(bytes, i + 1)
  if (end <= i + 1) return -1
  found.nameStart = i + 1
  found.nameEnd = end
  i = skipSpace(bytes, end + 1)
  return bytes[i] === CLOSE ? i + 1 : -1
}
