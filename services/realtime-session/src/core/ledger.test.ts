import { expect, it } from 'vitest'
import { hourOf, isNews } from './ledger.ts'

const estimate = { estimated: true }
const figures = { estimated: false }

it.each([
  ['the first report', null, figures, true],
  ['the first report, an estimate', null, estimate, true],
  ['figures replace an estimate', estimate, figures, true],
  ['an estimate after the figures', figures, estimate, false],
  ['figures again', figures, figures, false],
  ['an estimate again', estimate, estimate, false],
])('%s', (_story, known, report, news) => {
  expect(isNews(known, report)).toBe(news)
})

it('names the hour of an instant', () => {
  expect(hourOf(new Date('2026-11-21T09:59:59.999Z')).toISOString()).toBe('2026-11-21T09:00:00.000Z')
})
