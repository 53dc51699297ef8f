import { decodeMulaw, encodeMulaw, resample } from '@toritsugi/audio'
import { decodeAlaw, encodeAlaw } from './alaw.ts'
import type { AudioFormat } from './core/session-config.ts'

/** Turns bytes of a format into 8 kHz samples; keeps split samples and filter state between calls. */
export type Decode = (bytes: Uint8Array) => Int16Array

export function decodeAudio(format: AudioFormat): Decode {
  if (format.type === 'audio/pcmu') return decodeMulaw
  if (format.type === 'audio/pcma') return decodeAlaw
  return pcmDecoder()
}

/** 24 kHz 16-bit little-endian to 8 kHz: the mean of each three samples. */
function pcmDecoder(): Decode {
  let rest: Uint8Array = new Uint8Array(0)
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const whole = Math.floor(all.length / 6)
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    const pcm = new Int16Array(whole)
    for (let index = 0; index < whole; index += 1) {
      const at = index * 6
      const sum = view.getInt16(at, true) + view.getInt16(at + 2, true) + view.getInt16(at + 4, true)
      pcm[index] = Math.round(sum / 3)
    }
    rest = all.slice(whole * 6)
    return pcm
  }
}

/** 8 kHz samples in the session's output format. */
export function encodeAudio(pcm: Int16Array, format: AudioFormat): Uint8Array {
  if (format.type === 'audio/pcmu') return encodeMulaw(pcm)
  if (format.type === 'audio/pcma') return encodeAlaw(pcm)
  const wide = resample(pcm, 8000, 24_000)
  return new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength)
}

/** Bytes of one millisecond. */
export function bytesPerMs(format: AudioFormat): number {
  return format.type === 'audio/pcm' ? 48 : 8
}
