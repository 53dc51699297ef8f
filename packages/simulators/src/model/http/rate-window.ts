import type { Refusal } from './refusal.ts'

export type RateLimits = { requests: number; tokens: number }

type Bucket = { requests: number; tokens: number; at: number }

const MODELS = 100

/**
 * Requests and tokens of a minute, by model: buckets that fill up again steadily ("Rate limits" guide). Limits are
 * asked anew each time; `now` is in ms.
 */
export class RateWindow {
  readonly #limits: () => RateLimits
  readonly #buckets = new Map<string, Bucket>()

  constructor(limits: () => RateLimits) {
    this.#limits = limits
  }

  /** Takes one request of so many tokens, or says why there is no room for it. */
  take(
    model: string,
    tokens: number,
    now: number,
  ): { refusal: Refusal | null; headers: Record<string, string> } {
    const limits = this.#limits()
    const bucket = this.#filled(model, limits, now)
    const short = bucket.requests < 1 ? 'requests' : bucket.tokens < tokens ? 'tokens' : null
    if (short === null) {
      bucket.requests -= 1
      bucket.tokens -= tokens
    }
    const headers = headersOf(bucket, limits)
    if (short === null) return { refusal: null, headers }
    return { refusal: refusalOf(short, model, tokens, bucket, limits, headers), headers }
  }

  #filled(model: string, limits: RateLimits, now: number): Bucket {
    const before = this.#buckets.get(model) ?? { ...limits, at: now }
    const share = Math.max(0, now - before.at) / 60_000
    const bucket = {
      requests: Math.min(limits.requests, before.requests + share * limits.requests),
      tokens: Math.min(limits.tokens, before.tokens + share * limits.tokens),
      at: now,
    }
    this.#buckets.set(model, bucket)
    if (this.#buckets.size > MODELS) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return bucket
  }
}

function refusalOf(
  short: 'requests' | 'tokens',
  model: string,
  tokens: number,
  bucket: Bucket,
  limits: RateLimits,
  headers: Record<string, string>,
): Refusal {
  const wanted = short === 'requests' ? 1 : tokens
  const name = short === 'requests' ? 'requests per min (RPM)' : 'tokens per min (TPM)'
  const waitMs = Math.ceil(((wanted - bucket[short]) / limits[short]) * 60_000)
  const message =
    `Rate limit reached for ${model} in organization org-simulated on ${name}: Limit ${limits[short]}, ` +
    `Used ${Math.floor(limits[short] - bucket[short])}, Requested ${wanted}. Please try again in ` +
    `${durationOf(waitMs)}. Visit https://platform.openai.com/account/rate-limits to learn more.`
  const retry = { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(waitMs) }
  const code = 'rate_limit_exceeded'
  return { status: 429, type: short, code, message, param: null, headers: { ...headers, ...retry } }
}

function headersOf(bucket: Bucket, limits: RateLimits): Record<string, string> {
  const resetMs = (kind: keyof RateLimits) => ((limits[kind] - bucket[kind]) / limits[kind]) * 60_000
  return {
    'x-ratelimit-limit-requests': String(limits.requests),
    'x-ratelimit-limit-tokens': String(limits.tokens),
    'x-ratelimit-remaining-requests': String(Math.floor(bucket.requests)),
    'x-ratelimit-remaining-tokens': String(Math.floor(bucket.tokens)),
    'x-ratelimit-reset-requests': durationOf(resetMs('requests')),
    'x-ratelimit-reset-tokens': durationOf(resetMs('tokens')),
  }
}

/** A length of time as the headers write it: `120ms`, `8.64s` or `6m0s`. */
export function durationOf(ms: number): string {
  const whole = Math.ceil(ms)
  if (whole < 1000) return `${whole}ms`
  if (whole < 60_000) return `${whole / 1000}s`
  return `${Math.floor(whole / 60_000)}m${Math.floor((whole % 60_000) / 1000)}s`
}
