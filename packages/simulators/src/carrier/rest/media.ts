/** What a request gets of a file: status, headers and bytes. */
export type Part = { status: 200 | 206 | 416; headers: Record<string, string>; bytes: Uint8Array }

/**
 * The part of a file that a `Range` header asks for ("RFC 9110: Range Requests"): one range of bytes is 206, one that lies
 * outside 416; no range, several, or another unit is all of it.
 */
export function partOf(bytes: Uint8Array, range: string | undefined): Part {
  const size = bytes.length
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  const whole: Part = { status: 200, headers: { 'accept-ranges': 'bytes' }, bytes }
  if (first === undefined || last === undefined || (first === '' && last === '')) return whole
  // `-n`: the last n bytes.
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return whole
  if (from >= size) {
    return { status: 416, headers: { 'content-range': `bytes */${size}` }, bytes: new Uint8Array() }
  }
  return {
    status: 206,
    headers: { 'accept-ranges': 'bytes', 'content-range': `bytes ${from}-${to}/${size}` },
    bytes: bytes.subarray(from, to + 1),
  }
}
