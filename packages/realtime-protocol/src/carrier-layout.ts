import { isBase64 } from './base64-text.ts'
import { type CarrierScan, newCarrierScan } from './carrier-scan.ts'
import { COLON, decimal } from './json-bytes.ts'

/**
 * A carrier writes every `media` of a stream in the same way: only the digits of its counters and the payload
 * change. Where a message is laid out like one that was scanned, everything stands where it stood.
 */
export type CarrierLayout = {
  /**
   * Whether a message is a `media` laid out like the one remembered, its payload base64; if so, `found` is what the
   * scan would find. The digits of the streamSid may differ: who it names is for the caller to check.
   */
  matches(bytes: Buffer, found: CarrierScan): boolean
  /** Takes a scanned `media` with a good payload for what the next ones look like. */
  remember(bytes: Buffer, found: CarrierScan): void
}

/** Longer messages are scanned each time. */
const mostBytes = 2048

/** Every digit is as good as another one. */
const kind = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x30 && byte <= 0x39 ? 0x30 : byte))

export function carrierLayout(): CarrierLayout {
  let layout = new Uint8Array(0)
  /** 0: nothing is remembered. */
  let length = 0
  const known = newCarrierScan()

  const isAlike = (bytes: Buffer, from: number, to: number): boolean => {
    let i = from
    for (const whole = to - 3; i < whole; i += 4) {
      const differs =
        ((kind[bytes[i] as number] as number) ^ (layout[i] as number)) |
        ((kind[bytes[i + 1] as number] as number) ^ (layout[i + 1] as number)) |
        ((kind[bytes[i + 2] as number] as number) ^ (layout[i + 2] as number)) |
        ((kind[bytes[i + 3] as number] as number) ^ (layout[i + 3] as number))
      if (differs !== 0) return false
    }
    for (; i < to; i++) if (kind[bytes[i] as number] !== layout[i]) return false
    return true
  }

  return {
    matches(bytes, found) {
      if (bytes.length !== length || length === 0) return false
      if (!isAlike(bytes, 0, known.payloadStart) || !isAlike(bytes, known.payloadEnd, length)) return false
      if (!isBase64(bytes, known.payloadStart, known.payloadEnd)) return false
      found.kind = 'media'
      found.streamStart = known.streamStart
      found.streamEnd = known.streamEnd
      found.payloadStart = known.payloadStart
      found.payloadEnd = known.payloadEnd
      found.timestampStart = known.timestampStart
      found.timestampEnd = known.timestampEnd
      found.timestampMs = decimal(bytes, known.timestampStart, known.timestampEnd)
      found.inbound = known.inbound
      return true
    },
    remember(bytes, found) {
      length = 0
      if (bytes.length > mostBytes || hasBareNumber(bytes, found)) return
      Object.assign(known, found)
      if (layout.length < bytes.length) layout = new Uint8Array(bytes.length)
      length = bytes.length
      for (let i = 0; i < length; i++) layout[i] = kind[bytes[i] as number] as number
    },
  }
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
