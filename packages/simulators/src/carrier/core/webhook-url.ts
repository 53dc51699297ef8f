/** How one webhook is delivered. */
export type Delivery = {
  connectMs: number
  readMs: number
  totalMs: number
  /** Attempts after the first one. */
  retries: number
  /** What is tried again: `4xx`, `5xx`, `ct` (connect), `rt` (read), `all`. */
  retryOn: ReadonlySet<string>
}

/**
 * Times and retries of a webhook URL with the overrides in its fragment ("Webhooks connection overrides":
 * `#ct=2000&rt=10000&tt=15000&rc=2&rp=5xx,ct`). Undefined when it is not an absolute http(s) URL.
 */
export function deliveryOf(
  url: string,
  limits: { webhookConnectMs: number; webhookTotalMs: number },
): Delivery | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) return undefined
  const asked = new URLSearchParams(parsed.hash.slice(1))
  const number = (name: string, low: number, high: number, normal: number) => {
    const value = Number(asked.get(name) ?? Number.NaN)
    return value >= low && value <= high ? value : normal
  }
  return {
    connectMs: number('ct', 100, 10_000, limits.webhookConnectMs),
    readMs: number('rt', 100, 15_000, limits.webhookTotalMs),
    totalMs: number('tt', 100, 15_000, limits.webhookTotalMs),
    retries: number('rc', 0, 5, 1),
    retryOn: new Set((asked.get('rp') ?? 'ct').split(',')),
  }
}
