import { Fault } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { decideRedelivery } from './redelivery.ts'

const policy = { backoffMs: [100, 500, 2000], maxAttempts: 4 }
describe('what becomes of a message whose handler threw', () => {
  const rows: [string, unknown, number, object][] = [
    ['a retryable fault', new Fault('carrier.busy'), 1, { do: 'retry', afterMs: 100, counts: true }],
    ['the second time later', new Fault('carrier.busy'), 2, { do: 'retry', afterMs: 500, counts: true }],
    ['the last pause repeats', new Fault('carrier.busy'), 3, { do: 'retry', afterMs: 2000, counts: true }],
    ['enough', new Fault('carrier.busy'), 4, { do: 'bury' }],
    ['a final fault', new Fault('call.not-found'), 1, { do: 'bury' }],
    [
      'an outage, the first time',
      new Fault('database.unavailable'),
      1,
      { do: 'retry', afterMs: 500, counts: false },
    ],
    ['an outage, for ever', new Fault('bus.unavailable'), 99, { do: 'retry', afterMs: 2000, counts: false }],
    ['an unknown error', new TypeError('x'), 1, { do: 'retry', counts: true }],
    [
      'an unknown error again and again',
      new TypeError('x'),
      3,
      { do: 'bury', reason: 'error after 3 attempts: x' },
    ],
    ['no error at all', 'text', 3, { do: 'bury', reason: 'error after 3 attempts: text' }],
  ]
  it.each(rows)('%s', (_story, error, attempt, expected) => {
    expect(decideRedelivery(error, attempt, policy)).toMatchObject(expected)
  })
})
