import { createHmac } from 'node:crypto'

/**
 * The `X-Twilio-Signature` of a request ("Webhooks security"): base64 HMAC-SHA1 over the URL as configured, without its
 * fragment, and for a form post every parameter sorted by name, name and value joined.
 */
export function signatureOf(
  authToken: string,
  url: string,
  params: Readonly<Record<string, string>> = {},
): string {
  const data = Object.keys(params)
    .sort()
    .reduce((text, name) => text + name + params[name], withoutFragment(url))
  return createHmac('sha1', authToken).update(data, 'utf8').digest('base64')
}

export function withoutFragment(url: string): string {
  const at = url.indexOf('#')
  return at < 0 ? url : url.slice(0, at)
}
