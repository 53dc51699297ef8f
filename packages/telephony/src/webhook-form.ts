import type { WebhookParams } from './signature.ts'

/** More fields than any webhook of the carrier has. */
const mostFields = 300

/**
 * Reads a form body as the signature needs it: every field, repeated ones as arrays in their order.
 * @returns null when it has more fields than any webhook, or is no text in form coding
 */
export function parseWebhookForm(body: string): WebhookParams | null {
  // Without a prototype, so that a field named `__proto__` is a field like any other.
  const params: Record<string, string | string[]> = Object.create(null)
  let fields = 0
  for (const [name, value] of new URLSearchParams(body)) {
    fields += 1
    if (fields > mostFields) return null
    const known = params[name]
    if (known === undefined) params[name] = value
    else if (Array.isArray(known)) known.push(value)
    else params[name] = [known, value]
  }
  return params
}

/** One field of a webhook; of a repeated one the first; undefined when it is missing or empty. */
export function webhookField(params: WebhookParams, name: string): string | undefined {
  const value = params[name]
  const first = typeof value === 'string' ? value : value?.[0]
  return first === '' ? undefined : first
}
