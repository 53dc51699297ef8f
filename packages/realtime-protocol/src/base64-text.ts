const allowed = new Uint8Array(256)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  allowed[c.charCodeAt(0)] = 1
const PAD = 0x3d

/**
 * How many bytes the base64 text from `start` to `end` stands for, by its length alone; -1 when no padded
 * base64 has this length. One byte of µ-law is 0.125 ms.
 */
export function base64Bytes(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (length <= 0 || length % 4 !== 0) return -1
  const pad = bytes[end - 1] === PAD ? (bytes[end - 2] === PAD ? 2 : 1) : 0
  return (length / 4) * 3 - pad
}

/** Whether the text from `start` to `end` has nothing but base64 characters, padding only at its end. */
export function isBase64(bytes: Buffer, start: number, end: number): boolean {
  if (base64Bytes(bytes, start, end) < 0) return false
  let last = end
  while (last > end - 2 && bytes[last - 1] === PAD) last--
  let i = start
  // By four: this is done for every frame.
  for (const whole = last - 3; i < whole; i += 4) {
    const good =
      (allowed[bytes[i] as number] as number) &
      (allowed[bytes[i + 1] as number] as number) &
      (allowed[bytes[i + 2] as number] as number) &
      (allowed[bytes[i + 3] as number] as number)
    if (good === 0) return false
  }
  for (; i < last; i++) if (allowed[bytes[i] as number] === 0) return false
  return true
}
