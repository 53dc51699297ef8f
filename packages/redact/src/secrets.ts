import type { Span } from './card.ts'

/** Shapes that are secrets wherever they stand; group `keep` is left in the text. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  /(?<keep>\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /(?<keep>:\/\/[^\s:/@]+:)[^\s:/@]+(?=@)/g,
  /(?<keep>\b(?:password|passwd|secret|api[ _-]?key|auth[ _-]?token|access[ _-]?token)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
  /(?<keep>(?:パスワード|暗証番号)(?:は|：|:|＝|=|が)\s*)[^\s、。,]{4,}?(?=です|でし|。|、|\s|$)/gu,
]

/** Where keys, tokens and passwords are. */
export function secretSpans(text: string): Span[] {
  return shapes.flatMap((shape) =>
    [...text.matchAll(shape)].map((match) => ({
      start: match.index + (match.groups?.keep?.length ?? 0),
      end: match.index + match[0].length,
    })),
  )
}

const iban = /\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/g

/** Where bank account numbers with a right check sum are (ISO 13616). */
export function ibanSpans(text: string): Span[] {
  return [...text.matchAll(iban)].flatMap((match) => {
    const account = match[0].replaceAll(' ', '')
    if (account.length < 15 || account.length > 34 || !isIban(account)) return []
    return [{ start: match.index, end: match.index + match[0].length }]
  })
}

function isIban(account: string): boolean {
  const turned = account.slice(4) + account.slice(0, 4)
  let rest = 0
  for (const character of turned) {
    for (const digit of String(Number.parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97
  }
  return rest === 1
}
