import { describe, expect, it } from 'vitest'
import { durationOf, RateWindow } from './rate-window.ts'

const window = () => new RateWindow(() => ({ requests: 60, tokens: 6000 }))

describe('the rate window', () => {
  it('runs out of tokens, and fills up again as time goes by', () => {
    const rates = window()
    expect(rates.take('a', 5000, 0)).toMatchObject({
      refusal: null,
      headers: {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-remaining-tokens': '1000',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-reset-tokens': '50s',
      },
    })
    const { refusal } = rates.take('a', 5000, 10_000)
    expect(refusal).toMatchObject({ status: 429, type: 'tokens', code: 'rate_limit_exceeded' })
    expect(refusal?.message).toContain('Limit 6000, Used 4000, Requested 5000. Please try again in 30s.')
    expect(refusal?.headers).toMatchObject({ 'retry-after': '30', 'retry-after-ms': '30000' })
    expect(rates.take('b', 5000, 10_000).refusal).toBeNull()
    expect(rates.take('a', 5000, 39_000).refusal).not.toBeNull()
    expect(rates.take('a', 5000, 40_000).refusal).toBeNull()
  })

  it('runs out of requests', () => {
    const rates = window()
    for (let count = 0; count < 60; count += 1) expect(rates.take('a', 1, 0).refusal).toBeNull()
    expect(rates.take('a', 1, 0).refusal).toMatchObject({ type: 'requests', headers: { 'retry-after': '1' } })
    expect(rates.take('a', 1, 1000).refusal).toBeNull()
  })

  it.each([
    [0, '0ms'],
    [119.2, '120ms'],
    [8640, '8.64s'],
    [360_000, '6m0s'],
  ])('writes %d ms as %s', (ms, written) => {
    expect(durationOf(ms)).toBe(written)
  })
})
