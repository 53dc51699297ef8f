/** Broken messages for tests, the same in every run. */

/** A repeatable source of chance (mulberry32). */
export function chance(seed: number) {
  let a = seed
  return (below: number) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const spices = [
  '"',
  '\\',
  '{',
  '}',
  ',',
  ':',
  ' ',
  '\n',
  '0',
  '-',
  'media',
  '"payload":"AA=="',
  '\u0000',
  'é',
  '[',
  ']',
]

/** The text, changed in one to three places. */
export function mutated(text: string, next: (below: number) => number): string {
  let out = text
  for (let n = next(3) + 1; n > 0; n--) {
    const at = next(out.length + 1)
    const kind = next(3)
    const spice = spices[next(spices.length)] as string
    if (kind === 0) out = out.slice(0, at) + out.slice(at + 1 + next(4))
    else if (kind === 1) out = out.slice(0, at) + spice + out.slice(at)
    else out = out.slice(0, at) + spice + out.slice(at + spice.length)
  }
  return out
}

/** What JSON.parse makes of it, if it is an object. */
export const parsed = (text: string): Record<string, unknown> | null => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null
  } catch {
    return null
  }
}
