/** The forms a transcript is had in. */
export type Format = 'json' | 'text' | 'vtt'

/** What each format is sent as. */
export const mediaTypes: Record<Format, string> = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
}

const offers: readonly (readonly [string, Format])[] = [
  ['application/json', 'json'],
  ['text/vtt', 'vtt'],
  ['text/plain', 'text'],
]

/**
 * The format the `Accept` header likes best, of those that are offered; JSON when it likes all alike, takes none
 * of them, or is absent.
 * @see RFC 9110, "Accept"
 */
export function formatAccepted(accept: string | undefined): Format {
  if (accept === undefined) return 'json'
  const ranges = accept.slice(0, 1000).split(',').map(parseRange)
  let best: { format: Format; quality: number } = { format: 'json', quality: 0 }
  for (const [type, format] of offers) {
    const quality = qualityOf(type, ranges)
    if (quality > best.quality) best = { format, quality }
  }
  return best.format
}

type Range = { type: string; quality: number }

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const quality = q === undefined ? 1 : Number(q)
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
}

/** The most specific range that covers the type decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of [type, `${type.split('/')[0]}/*`, '*/*']) {
    const range = ranges.find((r) => r.type === pattern)
    if (range) return range.quality
  }
  return 0
}
