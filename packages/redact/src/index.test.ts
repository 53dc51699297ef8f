import { describe, expect, it } from 'vitest'
import { passesLuhn } from './card.ts'
import { createRedactor, redact, redacted } from './index.ts'

const visa = '4111 1111 1111 1111'
const X = redacted

describe('what is taken out', () => {
  const rows: [string, string, string][] = [
    ['a card with blanks', `My card is ${visa}.`, `My card is ${X}.`],
    ['a card with dashes', '4111-1111-1111-1111', X],
    ['a card without anything between', 'card 5555555555554444 ok', `card ${X} ok`],
    ['American Express', '3782 822463 10005', X],
    ['Diners', '3056 930902 5904', X],
    ['19 digits', '6304 0000 0000 0000 000', X],
    ['two cards', `${visa} and 5555 5555 5555 4444`, `${X} and ${X}`],
    ['full-width digits', 'カード番号は４１１１　１１１１　１１１１　１１１１です', `カード番号は${X}です`],
    ['full-width dashes', '４１１１－１１１１－１１１１－１１１１', X],
    ['kanji digits', '四一一一、一一一一、一一一一、一一一一です', `${X}です`],
    [
      'kana digits',
      'よん いち いち いち いち いち いち いち いち いち いち いち いち いち いち いち です',
      `${X} です`,
    ],
    ['kana without blanks', 'ごごごごごごごごごごごごよんよんよんよん', X],
    ['groups joined with の', '4111の1111の1111の1111でお願いします', `${X}でお願いします`],
    ['English words', 'four one one one one one one one one one one one one one one one', X],
    [
      'double and triple',
      'four triple one, double one double one, double one double one, one one one one',
      X,
    ],
    ['written and spoken mixed', '4111 one one one one 1111 1111', X],
    ['a card and its expiry in one breath', `${visa} 12 25`, `${X} 12 25`],
    ['a security code', 'CVV is 123', `CVV is ${X}`],
    ['a spoken security code', 'the security code is one two three', `the security code is ${X}`],
    ['a Japanese security code', 'セキュリティコードは４５６です', `セキュリティコードは${X}です`],
    ['four digits after CVC', 'CVC: 1234', `CVC: ${X}`],
    ['an account number', 'IBAN DE89 3704 0044 0532 0130 00', `IBAN ${X}`],
    ['an OpenAI key', 'use sk-proj-abcdefghijklmnopqrstu now', `use ${X} now`],
    ['a Stripe key', 'sk_live_abcdefgh12345678', X],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrst1234', X],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE', X],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', X],
    ['a bearer token', 'Authorization: Bearer abcdef123456', `Authorization: Bearer ${X}`],
    ['a password in an address', 'postgres://role:hunter22@host/db', `postgres://role:${X}@host/db`],
    ['a password after its name', 'password: hunter22, thanks', `password: ${X}, thanks`],
    ['a Japanese password', 'パスワードはabcd1234です', `パスワードは${X}です`],
  ]
  it.each(rows)('%s', (_name, text, expected) => {
    expect(redact(text)).toBe(expected)
  })
})

describe('what stays', () => {
  const rows: [string, string][] = [
    ['a Japanese telephone number', '電話番号は03-1234-5678です'],
    ['a mobile number in full-width digits', '０９０－１２３４－５６７８におかけください'],
    ['a number in E.164', 'call +81 90 1234 5678'],
    ['a long number in E.164 that passes the check', '+4111111111111111'.slice(0, 14)],
    ['a spoken telephone number', 'ぜろさん、いちにさんよん、ごろくななはち'],
    ['16 digits that fail the check', '4111 1111 1111 1112'],
    ['an order number', 'order 1234567890123'],
    ['one of our ids', 'call_41111111111111114111111111111111'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a CallSid', 'CA41111111111111111111111111111111'],
    ['a time', '2026-11-21T08:00:00.000Z'],
    ['amounts', '合計は12,345円、税込みで13,579円です'],
    ['three digits without a card word', 'room 123'],
    [
      'digits far from the card word',
      'The CVV is on the back of it, as you surely know; I live at number 123',
    ],
    ['Japanese full of small words', 'に行きましたし、ごはんもくださいと言いました'],
    ['a wrong check sum of an account', 'DE89 3704 0044 0532 0130 01'],
    ['nothing', ''],
    ['a skirt', 'sk-short'],
  ]
  it.each(rows)('%s', (_name, text) => {
    expect(redact(text)).toBe(text)
  })
})

describe('Luhn', () => {
  it.each([
    ['4111111111111111', true],
    ['4111111111111112', false],
    ['378282246310005', true],
    ['0', true],
  ])('%s: %s', (digits, passes) => {
    expect(passesLuhn(digits)).toBe(passes)
  })
})

describe('a text in pieces', () => {
  const texts = [
    `My card is ${visa}, and call me at 03-1234-5678.`,
    'カードは よんいちいちいち いちいちいちいち いちいちいちいち いちいちいちいち です。番号は090-1234-5678。',
    'four one one one one one one one one one one one one one one one. Thanks!',
    'the key is sk-proj-abcdefghijklmnopqrstu and the CVV is 123 okay',
    'my account is GB82 WEST 1234 5698 7654 32 at the bank, Authorization: Bearer abcdefgh12345678 ok',
    'plain words, nothing else, 12 of them',
  ]
  it.each(texts)('is redacted as the whole would be, however it is cut: %s', (text) => {
    for (const size of [1, 2, 3, 5, 7, 11, 1000]) {
      const redactor = createRedactor()
      let out = ''
      for (let at = 0; at < text.length; at += size) out += redactor.push(text.slice(at, at + size))
      expect(out + redactor.flush()).toBe(redact(text))
    }
  })

  it('never shows the beginning of a card number', () => {
    const redactor = createRedactor()
    const shown = [...`Yes: ${visa}`].map((piece) => redactor.push(piece)).join('')
    expect(shown).not.toMatch(/4/)
  })

  it('holds back a bounded amount', () => {
    const redactor = createRedactor()
    let given = 0
    let shown = 0
    for (let i = 0; i < 500; i++) {
      shown += redactor.push('9 ').length
      given += 2
      expect(given - shown).toBeLessThan(1000)
    }
  })
})
