import { type ConversationSettings, ConversationSettings as Settings } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { greetingOf, oneLine, phrasesIn, primaryTag, shorten, spokenLanguage } from './phrases.ts'

const settings = (over: Partial<ConversationSettings> = {}) => Settings.parse(over)

describe('phrases', () => {
  it.each([
    ['ja-JP', 'ja'],
    ['ja', 'ja'],
    ['en-US', 'en'],
    ['fr-FR', 'en'],
    ['zh-Hans-CN', 'en'],
  ] as const)('%s is spoken to in %s', (tag, language) => {
    expect(spokenLanguage(tag)).toBe(language)
  })

  it('gives a transcription model the plain language', () => {
    expect(primaryTag('ja-JP')).toBe('ja')
    expect(primaryTag('fr-FR')).toBe('fr')
  })

  it('fit the plan and the apology of the answer', () => {
    for (const language of ['ja-JP', 'en-US', 'de-DE']) {
      for (const text of Object.values(phrasesIn(language))) {
        expect(text.length).toBeGreaterThan(5)
        expect(text.length).toBeLessThanOrEqual(500)
      }
    }
  })
})

describe('the greeting', () => {
  const company = { companyName: '山田商事', representativeName: '佐藤' }
  const acme = { companyName: 'Acme', representativeName: 'Kim', language: 'en-US' }
  it.each([
    [
      'nothing known, inbound',
      settings(),
      'inbound',
      'お電話ありがとうございます。ご用件をお聞かせください。',
    ],
    [
      'a company, inbound',
      settings(company),
      'inbound',
      'お電話ありがとうございます。山田商事の佐藤でございます。ご用件をお聞かせください。',
    ],
    [
      'outbound asks for the person',
      settings({ ...company, targetDepartment: '総務部', targetPerson: '鈴木様' }),
      'outbound',
      'お世話になっております。わたくし、山田商事の佐藤と申します。総務部の鈴木様はいらっしゃいますでしょうか。',
    ],
    ['English', settings(acme), 'inbound', 'Thank you for calling Acme. This is Kim. How can I help you?'],
    [
      'English, outbound',
      settings({ ...acme, targetDepartment: 'Sales' }),
      'outbound',
      'Hello. This is Kim from Acme. May I speak to the person in charge in Sales, please?',
    ],
    [
      'an own greeting wins',
      settings({ ...company, greeting: 'はい、\n山田です。' }),
      'inbound',
      'はい、 山田です。',
    ],
  ] as const)('%s', (_story, given, direction, expected) => {
    expect(greetingOf(given, direction)).toBe(expected)
  })

  it('never exceeds what a plan takes', () => {
    const long = settings({
      companyName: '社'.repeat(200),
      representativeName: '名'.repeat(100),
      targetDepartment: '部'.repeat(200),
      targetPerson: '人'.repeat(200),
    })
    expect(greetingOf(long, 'outbound').length).toBe(500)
  })
})

describe('texts', () => {
  it('lose line ends, controls and invisible marks', () => {
    expect(oneLine(' a\n\tb\u0000\u202E\u200Bc\u2028d ')).toBe('a b c d')
  })
  it('are never cut inside a character', () => {
    expect(shorten('ab😀', 3)).toBe('ab')
    expect(shorten('ab😀', 4)).toBe('ab😀')
  })
})
