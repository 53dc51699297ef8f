import { expect, it } from 'vitest'
import { maskNumber, parseE164 } from './numbers.ts'

it.each([
  ['+81312345678', '+81312345678'],
  ['03-1234-5678', '+81312345678'],
  ['０３−１２３４−５６７８', '+81312345678'],
  ['(03) 1234 5678', '+81312345678'],
  ['090-1234-5678', '+819012345678'],
  ['0120-123-456', '+81120123456'],
  [' +1 (415) 555-0100 ', '+14155550100'],
  ['+44 20 7946 0018', '+442079460018'],
  ['anonymous', null],
  ['Restricted', null],
  ['+266696687', null],
  ['sip:yamada@example.com', null],
  ['+81312345678@example.com', null],
  ['110', null],
  ['', null],
  ['+', null],
  ['+000000000000', null],
  ['call 03-1234-5678 now', null],
  ['1'.repeat(5000), null],
])('reads %s as %s', (text, number) => {
  expect(parseE164(text)).toBe(number)
})

it('reads a national number of another country', () => {
  expect(parseE164('(415) 555-0100', 'US')).toBe('+14155550100')
})

it.each([
  ['+81312345678', '+81•••••••78'],
  ['+14155550100', '+1••••••••00'],
  ['+442079460018', '+44••••••••18'],
  ['sip:yamada@example.com', '••••'],
  ['anonymous', '••••'],
  ['', '••••'],
])('masks %s as %s', (number, masked) => {
  expect(maskNumber(number)).toBe(masked)
})
