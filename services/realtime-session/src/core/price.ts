import type { Direction, FactData, Tokens } from '@toritsugi/contracts'

/** US dollars per million tokens, which is the same number as micro-USD per token. */
export type TokenPrice = { readonly in: number; readonly cached: number; readonly out: number }

/** What one model costs. A model is billed by tokens, by seconds of audio, or reports either. */
export type ModelPrice = {
  readonly text: TokenPrice
  readonly audio: TokenPrice
  readonly image: { readonly in: number; readonly cached: number }
  /** US dollars per second of audio, for models that are billed by time. */
  readonly perSecond: number | null
}

export type PriceList = { readonly [model: string]: ModelPrice }

/** US dollars per started minute of a call, the carrier's streams included. */
export type CarrierPrice = { readonly inboundPerMinute: number; readonly outboundPerMinute: number }

const price = (
  text: [number, number, number],
  audio: [number, number, number],
  image: [number, number] = [0, 0],
): ModelPrice => ({
  text: { in: text[0], cached: text[1], out: text[2] },
  audio: { in: audio[0], cached: audio[1], out: audio[2] },
  image: { in: image[0], cached: image[1] },
  perSecond: null,
})

const bySecond = (perSecond: number): ModelPrice => ({ ...price([0, 0, 0], [0, 0, 0]), perSecond })

const large = price([4, 0.4, 24], [32, 0.4, 64], [5, 0.5])
const small = price([0.6, 0.06, 2.4], [10, 0.3, 20], [0.8, 0.08])
const before = price([4, 0.4, 16], [32, 0.4, 64], [5, 0.5])

/** From OpenAI's model pages, 2026. Configuration may replace any of them. */
export const defaultPrices: PriceList = {
  'gpt-realtime-2.1': large,
  'gpt-realtime-2.1-mini': small,
  'gpt-realtime-2': large,
  'gpt-realtime-1.5': before,
  'gpt-realtime': before,
  'gpt-realtime-mini': small,
  'gpt-4o-transcribe': price([2.5, 2.5, 10], [6, 6, 10]),
  'gpt-4o-transcribe-diarize': price([2.5, 2.5, 10], [6, 6, 10]),
  'gpt-4o-mini-transcribe': price([1.25, 1.25, 5], [3, 3, 5]),
  'gpt-transcribe': bySecond(0.0001),
  'gpt-live-transcribe': bySecond(0.017 / 60),
  'gpt-realtime-whisper': bySecond(0.017 / 60),
  'whisper-1': bySecond(0.0001),
}

export type Priced = {
  /** Whole micro-USD, rounded up. */
  microUsd: number
  /** False when the model has no price: it was priced like the dearest of its kind. */
  known: boolean
}

/** Tokens of audio a second, as models count what the caller says (1 per 100 ms). */
const audioTokensPerSecond = 10

/**
 * What one usage costs. Cached tokens are a part of the input ones and are charged at their own price instead.
 * Seconds given for a model billed by tokens, and the other way round, are converted.
 */
export function priceUsage(
  prices: PriceList,
  usage: Pick<FactData<'usage.recorded'>, 'kind' | 'model' | 'tokens' | 'seconds'>,
): Priced {
  const found = priceOf(prices, usage.model)
  const used = found ?? dearest(prices, usage.kind)
  return { microUsd: roundUp(cost(used, usage.tokens, usage.seconds)), known: found !== null }
}

/** What the carrier asks for a call: every started minute, from answer to end. */
export function priceCarrier(prices: CarrierPrice, direction: Direction, durationMs: number): number {
  const minutes = Math.ceil(durationMs / 60_000)
  const perMinute = direction === 'inbound' ? prices.inboundPerMinute : prices.outboundPerMinute
  return roundUp(minutes * perMinute * 1e6)
}

/** By name, else by the name without its date (`-2025-08-28`). */
function priceOf(prices: PriceList, model: string): ModelPrice | null {
  const own = (name: string) => (Object.hasOwn(prices, name) ? prices[name] : undefined)
  return own(model) ?? own(model.replace(/-\d{4}-\d{2}-\d{2}$/, '')) ?? null
}

function cost(price: ModelPrice, tokens: Tokens, seconds: number | null): number {
  if (price.perSecond !== null) {
    return (seconds ?? tokens.audioIn / audioTokensPerSecond) * price.perSecond * 1e6
  }
  const audioIn = seconds === null ? tokens.audioIn : Math.ceil(seconds * audioTokensPerSecond)
  return (
    part(tokens.textIn, tokens.textInCached, price.text) +
    part(audioIn, tokens.audioInCached, price.audio) +
    part(tokens.imageIn, tokens.imageInCached, price.image) +
    tokens.textOut * price.text.out +
    tokens.audioOut * price.audio.out
  )
}

/** More cached than given is a fault of the report: no more than all of it can be cached. */
function part(given: number, cached: number, price: { in: number; cached: number }): number {
  const fromCache = Math.min(given, cached)
  return (given - fromCache) * price.in + fromCache * price.cached
}

/** For a model without a price: whichever entry asks most for the like of it, so that spending is never hidden. */
function dearest(prices: PriceList, kind: 'response' | 'transcription'): ModelPrice {
  const all = Object.values(prices)
  const weight = (p: ModelPrice) =>
    kind === 'response' ? p.audio.out + p.audio.in : (p.perSecond ?? (p.audio.in * 10 + p.text.out * 4) / 1e6)
  const candidates = all.filter((p) => (kind === 'response') === p.audio.out > 10)
  const best = candidates.reduce<ModelPrice | null>(
    (most, p) => (most === null || weight(p) > weight(most) ? p : most),
    null,
  )
  return best ?? large
}

/** Sums of decimal prices carry a binary error far below a millionth: it must not become a whole micro-USD. */
function roundUp(microUsd: number): number {
  return Math.ceil(Number(microUsd.toFixed(6)))
}
