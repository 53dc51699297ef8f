import { isBase64 } from './base64-text.ts'
import type { CarrierScan } from './carrier-scan.ts'
import { COLON, decimal, isExactly } from './json-bytes.ts'

/**
 * A carrier writes every `media` in the same way: only the digits of its counters, the streamSid and the payload
 * change. Where a message is laid out like one of the same length that was scanned, everything stands where it
 * stood. What is remembered is for all streams of the process, so that it is in the cache for each of them.
 */
export type CarrierLayouts = {
  /**
   * Whether a message is a `media` of this stream, laid out like one that is remembered, its payload base64; if so,
   * `found` is what the scan would find.
   * @param streamSid the characters between the quotes
   */
  matches(bytes: Buffer, streamSid: Buffer, found: CarrierScan): boolean
  /** Takes a scanned `media` with a good payload for what others look like. */
  remember(bytes: Buffer, found: CarrierScan): void
}

type Layout = {
  /** The message, each digit as `0`. */
  readonly text: Uint8Array
  readonly places: CarrierScan
  /** What must be alike: before the first of streamSid and payload, between them, and after the second. */
  readonly firstEnd: number
  readonly nextStart: number
  readonly nextEnd: number
  readonly lastStart: number
}

/** Longer messages are scanned each time. */
const mostBytes = 2048

/** Every digit is as good as another one. */
const kind = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x30 && byte <= 0x39 ? 0x30 : byte))

export function carrierLayouts(): CarrierLayouts {
  /** By the length of the message. */
  const layouts: (Layout | undefined)[] = Array.from({ length: mostBytes + 1 }, () => undefined)

  return {
    matches(bytes, streamSid, found) {
      const { length } = bytes
      const layout = length <= mostBytes ? layouts[length] : undefined
      if (layout === undefined) return false
      const { text, places } = layout
      if (
        !isAlike(bytes, text, 0, layout.firstEnd) ||
        !isAlike(bytes, text, layout.nextStart, layout.nextEnd) ||
        !isAlike(bytes, text, layout.lastStart, length) ||
        !isExactly(bytes, places.streamStart, places.streamEnd, streamSid) ||
        !isBase64(bytes, places.payloadStart, places.payloadEnd)
      ) {
        return false
      }
      found.kind = 'media'
      found.streamStart = places.streamStart
      found.streamEnd = places.streamEnd
      found.payloadStart = places.payloadStart
      found.payloadEnd = places.payloadEnd
      found.timestampStart = places.timestampStart
      found.timestampEnd = places.timestampEnd
      found.timestampMs = decimal(bytes, places.timestampStart, places.timestampEnd)
      found.inbound = places.inbound
      return true
    },
    remember(bytes, found) {
      const { length } = bytes
      if (length > mostBytes || hasBareNumber(bytes, found)) return
      const isStreamFirst = found.streamStart < found.payloadStart
      layouts[length] = {
        text: Uint8Array.from(bytes, (byte) => kind[byte] as number),
        places: { ...found },
        firstEnd: isStreamFirst ? found.streamStart : found.payloadStart,
        nextStart: isStreamFirst ? found.streamEnd : found.payloadEnd,
        nextEnd: isStreamFirst ? found.payloadStart : found.streamStart,
        lastStart: isStreamFirst ? found.payloadEnd : found.streamEnd,
      }
    },
  }
}

function isAlike(bytes: Buffer, text: Uint8Array, from: number, to: number): boolean {
  let i = from
  for (const whole = to - 3; i < whole; i += 4) {
    const differs =
      ((kind[bytes[i] as number] as number) ^ (text[i] as number)) |
      ((kind[bytes[i + 1] as number] as number) ^ (text[i + 1] as number)) |
      ((kind[bytes[i + 2] as number] as number) ^ (text[i + 2] as number)) |
      ((kind[bytes[i + 3] as number] as number) ^ (text[i + 3] as number))
    if (differs !== 0) return false
  }
  for (; i < to; i++) if (kind[bytes[i] as number] !== text[i]) return false
  return true
}

/** A number outside a string may not begin with 0, so that there one digit is not as good as another. */
function hasBareNumber(bytes: Buffer, { payloadStart, payloadEnd }: CarrierScan): boolean {
  let before = 0
  for (let i = 0; i < bytes.length; i = i + 1 === payloadStart ? payloadEnd : i + 1) {
    const byte = bytes[i] as number
    if (before === COLON && kind[byte] === 0x30) return true
    if (byte > 0x20) before = byte
  }
  return false
}
