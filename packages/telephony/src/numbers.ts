import { E164 } from '@toritsugi/contracts'
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'

/** What carriers write where a caller hides the number, beside words: "ANONYMOUS", "RESTRICTED" … in digits. */
const hiddenNumbers = new Set(['+266696687', '+7378742833', '+2562533', '+8656696', '+86282452253'])

/**
 * Reads a number that is written in E.164, or in the national way of `country`; full-width digits and the usual
 * dashes and brackets are taken.
 * @returns the number in E.164, or null: anonymous callers, SIP addresses, short codes, nonsense
 */
export function parseE164(text: string, country: CountryCode = 'JP'): string | null {
  const trimmed = text.trim()
  if (trimmed.length > 40 || trimmed.includes('@')) return null
  const number = parsePhoneNumberFromString(trimmed, { defaultCountry: country, extract: false })
  if (!number?.isPossible()) return null
  if (hiddenNumbers.has(number.number)) return null
  return E164.safeParse(number.number).success ? number.number : null
}

/**
 * A number for logs and stored subjects: country code, dots, last two digits, like `+81••••••••78`. What is no
 * number in E.164 keeps nothing: an address may name a person.
 */
export function maskNumber(number: string): string {
  if (!E164.safeParse(number).success) return '••••'
  const country = parsePhoneNumberFromString(number)?.countryCallingCode ?? number.slice(1, 2)
  const hidden = number.length - 1 - country.length - 2
  return `+${country}${'•'.repeat(Math.max(hidden, 1))}${number.slice(-2)}`
}
