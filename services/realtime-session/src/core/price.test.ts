import type { Tokens } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { defaultPrices, priceCarrier, priceUsage } from './price.ts'

const tokens = (over: Partial<Tokens> = {}): Tokens => ({
  textIn: 0,
  textInCached: 0,
  audioIn: 0,
  audioInCached: 0,
  imageIn: 0,
  imageInCached: 0,
  textOut: 0,
  audioOut: 0,
  ...over,
})
type Usage = Parameters<typeof priceUsage>[1]
const response = (over: Partial<Tokens>, model = 'gpt-realtime-2.1'): Usage => ({
  kind: 'response',
  model,
  tokens: tokens(over),
  seconds: null,
})
const transcription = (model: string, over: Partial<Tokens>, seconds: number | null = null): Usage => ({
  kind: 'transcription',
  model,
  tokens: tokens(over),
  seconds,
})

describe('the price of a usage, in micro-USD', () => {
  const rows: [string, Usage, number, boolean][] = [
    ['nothing used', response({}), 0, true],
    ['fresh text', response({ textIn: 100 }), 400, true],
    ['cached text is part of the input', response({ textIn: 119, textInCached: 64 }), 55 * 4 + 26, true],
    ['audio in and out', response({ audioIn: 13, audioOut: 91 }), 13 * 32 + 91 * 64, true],
    ['cached audio', response({ audioIn: 10, audioInCached: 10 }), 4, true],
    ['a fraction is rounded up, once', response({ textIn: 1, textInCached: 1 }), 1, true],
    [
      'a binary error does not round up',
      response({ textIn: 3, textInCached: 0 }, 'gpt-realtime-mini'),
      2,
      true,
    ],
    ['images', response({ imageIn: 3, imageInCached: 1 }), 11, true],
    ['more cached than given counts as all cached', response({ textIn: 10, textInCached: 99 }), 4, true],
    [
      'the documented example',
      response({ textIn: 119, textInCached: 64, audioIn: 13, textOut: 30, audioOut: 91 }),
      // 55·4 + 64·0.4 + 13·32 + 30·24 + 91·64 = 7205.6
      7206,
      true,
    ],
    ['a dated name has the price of its family', response({ textIn: 1 }, 'gpt-realtime-2025-08-28'), 4, true],
    ['a model without a price is priced like the dearest', response({ audioOut: 1 }, 'mine'), 64, false],
    ['a name that objects inherit is no model', response({ audioOut: 1 }, 'constructor'), 64, false],
    [
      'transcription by tokens',
      transcription('gpt-4o-mini-transcribe', { audioIn: 30, textOut: 8 }),
      130,
      true,
    ],
    ['transcription by seconds', transcription('whisper-1', {}, 4), 400, true],
    ['seconds for a model billed by tokens', transcription('gpt-4o-mini-transcribe', {}, 2.0), 60, true],
    ['tokens for a model billed by seconds', transcription('gpt-transcribe', { audioIn: 20 }), 200, true],
    ['an unknown transcription model', transcription('mine', {}, 60), 17_000, false],
  ]
  it.each(rows)('%s', (_story, usage, microUsd, known) => {
    expect(priceUsage(defaultPrices, usage)).toEqual({ microUsd, known })
  })

  it('is a whole number for every known model', () => {
    for (const model of Object.keys(defaultPrices)) {
      for (const kind of ['response', 'transcription'] as const) {
        const usage = { kind, model, tokens: tokens({ textIn: 7, audioIn: 3, audioOut: 11 }), seconds: 1.37 }
        const { microUsd } = priceUsage(defaultPrices, usage)
        expect(Number.isSafeInteger(microUsd) && microUsd >= 0, model).toBe(true)
      }
    }
  })
})

describe('the price of the line', () => {
  const prices = { inboundPerMinute: 0.0125, outboundPerMinute: 0.018 }
  it.each([
    ['never answered', 'inbound', 0, 0],
    ['a started minute is a minute', 'inbound', 1, 12_500],
    ['exactly a minute', 'inbound', 60_000, 12_500],
    ['a moment more', 'inbound', 60_001, 25_000],
    ['outbound', 'outbound', 125_000, 54_000],
  ] as const)('%s', (_story, direction, ms, microUsd) => {
    expect(priceCarrier(prices, direction, ms)).toBe(microUsd)
  })
})
