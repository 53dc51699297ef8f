/** Takes WebSocket frames apart, as RFC 6455 says. */
export function unframed(bytes: Buffer): { text: string; masked: boolean }[] {
  const frames: { text: string; masked: boolean }[] = []
  for (let i = 0; i < bytes.length; ) {
    if (bytes[i] !== 0x81) throw new Error(`no whole text frame begins at ${i}`)
    const masked = ((bytes[i + 1] as number) & 0x80) !== 0
    let length = (bytes[i + 1] as number) & 0x7f
    i += 2
    if (length === 126) {
      length = bytes.readUInt16BE(i)
      i += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(i))
      i += 8
    }
    const payload = Buffer.from(bytes.subarray(i + (masked ? 4 : 0), i + (masked ? 4 : 0) + length))
    if (masked)
      for (let k = 0; k < length; k++) payload[k] = (payload[k] as number) ^ (bytes[i + (k & 3)] as number)
    frames.push({ text: payload.toString('utf8'), masked })
    i += length + (masked ? 4 : 0)
  }
  return frames
}
