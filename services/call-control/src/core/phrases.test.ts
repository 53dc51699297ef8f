import { expect, it } from 'vitest'
import { phrasesFor } from './phrases.ts'

it.each([
  ['ja-JP', 'ja-JP', 'お電話'],
  ['ja', 'ja-JP', 'お電話'],
  ['en-GB', 'en-GB', 'Thank you'],
  ['de-AT', 'de-AT', 'Vielen Dank'],
  ['fr-FR', 'fr-FR', 'Merci'],
  ['es-MX', 'es-MX', 'Gracias'],
  ['ko-KR', 'ko-KR', '감사'],
  // Words of a language that is not known here are spoken in English, by an English voice.
  ['sv-SE', 'en-US', 'Thank you'],
  ['', 'en-US', 'Thank you'],
])('%s is spoken as %s', (asked, language, words) => {
  const phrases = phrasesFor(asked)
  expect(phrases.language).toBe(language)
  expect(phrases.goodbye).toContain(words)
})
