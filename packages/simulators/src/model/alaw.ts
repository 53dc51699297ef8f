/** G.711 A-law, as `audio/pcma` carries it. */
const TO_LINEAR = Int16Array.from({ length: 256 }, (_, code) => expand(code))

export function decodeAlaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (code) => TO_LINEAR[code] ?? 0)
}

export function encodeAlaw(pcm: Int16Array): Uint8Array {
  return Uint8Array.from(pcm, compress)
}

function expand(code: number): number {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = bits & 15
  const size = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1)
  return bits & 0x80 ? size : -size
}

function compress(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80
  const size = Math.min(sample < 0 ? -sample - 1 : sample, 32_767)
  let exponent = 0
  if (size > 255) exponent = Math.min(7, 24 - Math.clz32(size))
  const mantissa = (size >> (exponent === 0 ? 4 : exponent + 3)) & 15
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}
