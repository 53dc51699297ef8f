const BIAS = 0x84
const CLIP = 32_635

/** The µ-law byte of digital silence (ITU-T G.711). */
export const MULAW_SILENCE = 0xff

const TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => expand(code))
const FROM_LINEAR = Uint8Array.from({ length: 65_536 }, (_, index) => compress((index << 16) >> 16))

/** µ-law bytes to 16-bit samples, one for one. */
export function decodeMulaw(bytes: Uint8Array): Int16Array {
  const pcm = new Int16Array(bytes.length)
  for (let index = 0; index < bytes.length; index += 1)
    pcm[index] = TO_LINEAR[bytes[index] as number] as number
  return pcm
}

/** 16-bit samples to µ-law bytes, one for one. */
export function encodeMulaw(pcm: Int16Array): Uint8Array {
  const bytes = new Uint8Array(pcm.length)
  for (let index = 0; index < pcm.length; index += 1) {
    bytes[index] = FROM_LINEAR[(pcm[index] as number) & 0xffff] as number
  }
  return bytes
}

function expand(code: number): number {
  const bits = ~code & 0xff
  const size = (((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)
  return bits & 0x80 ? BIAS - size : size - BIAS
}

function compress(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const size = Math.min(Math.abs(sample), CLIP) + BIAS
  const exponent = 24 - Math.clz32(size)
  const mantissa = (size >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}
