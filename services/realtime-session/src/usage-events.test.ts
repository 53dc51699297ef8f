import type { FactData } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { carrierEntry } from './usage-events.ts'

const prices = { inboundPerMinute: 0.01, outboundPerMinute: 0.02 }
const ended = (durationMs: number): FactData<'call.ended'> => ({
  endReason: 'caller-hung-up',
  blame: 'nobody',
  answeredAt: null,
  endedAt: '2026-11-21T09:59:59.500Z',
  durationMs,
  streams: 1,
})

it.each([
  ['inbound', 'inbound', 90_000, 20_000],
  ['outbound', 'outbound', 90_000, 40_000],
  ['a direction that nothing told is the dearer one', null, 90_000, 40_000],
] as const)('the line, %s', (_story, direction, ms, microUsd) => {
  expect(carrierEntry(prices, direction, ended(ms))).toMatchObject({
    usageId: 'carrier',
    kind: 'carrier',
    seconds: 90,
    microUsd,
    estimated: false,
    at: new Date('2026-11-21T09:59:59.500Z'),
  })
})

it('costs nothing when nobody answered', () => {
  expect(carrierEntry(prices, 'outbound', ended(0))).toBeNull()
})
