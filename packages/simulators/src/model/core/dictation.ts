const QUOTED = /「([^」]+)」|『([^』]+)』|“([^”]+)”|("(?:[^"\\]|\\.)+")/g
const SAYING = /\b(say|speak|tell|read|repeat|greet|announce|utter)|言|話|読|伝え|挨拶|あいさつ|述べ|発話/i
const OPENING = /greet|opening|挨拶|あいさつ|第一声/i

/**
 * The words a request wants said as they stand: the last quotation whose own sentence speaks of saying.
 * Null when it asks for no such thing.
 */
export function dictatedText(request: string): string | null {
  return quotations(request).findLast(({ before }) => SAYING.test(before))?.text ?? null
}

/** The opening words that instructions name, or null. */
export function openingText(instructions: string): string | null {
  return quotations(instructions).find(({ before }) => OPENING.test(before))?.text ?? null
}

/** All quotations with what stands before each in its sentence. */
function quotations(text: string): { before: string; text: string }[] {
  return [...text.matchAll(QUOTED)].map((match) => {
    const before = text.slice(Math.max(0, match.index - 80), match.index)
    const start = Math.max(before.lastIndexOf('。'), before.lastIndexOf('. ')) + 1
    return { before: before.slice(start), text: wordsOf(match) }
  })
}

function wordsOf(match: RegExpExecArray): string {
  const [, corner, double, curly, plain = ''] = match
  const words = corner ?? double ?? curly
  if (words !== undefined) return words
  try {
    return String(JSON.parse(plain))
  } catch {
    return plain.slice(1, -1)
  }
}
