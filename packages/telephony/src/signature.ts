import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js'

/** The fields of a form, or of a query when the webhook is a GET (then empty): repeated ones are arrays. */
export type WebhookParams = Readonly<Record<string, string | readonly string[]>>

/** The header that carries the signature, as Node spells headers. */
export const signatureHeader = 'x-twilio-signature'

export type SignedRequest = {
  /** The account's auth token, also for calls that were created with an API key. */
  authToken: string
  /** The header's value; undefined when there was none. */
  signature: string | undefined
  /** The address as the carrier was told it, with path and query: `publicUrlOf`, never made from `Host`. */
  url: string
  /** Fields of a form POST; leave out for GET, whose fields are in the query. */
  params?: WebhookParams
}

/**
 * Whether a webhook is the carrier's own, by `X-Twilio-Signature` (Twilio, "Webhooks Security"). Compares in
 * constant time and never throws, whatever the header holds.
 */
export function validateTwilioSignature(request: SignedRequest): boolean {
  const { authToken, signature, url, params = {} } = request
  if (signature === undefined || signature === '' || authToken === '') return false
  if (!URL.canParse(url)) return false
  return validateRequest(authToken, signature, url, params)
}

/**
 * The same for the upgrade of a media stream: signed is the `wss` address as it is written in the TwiML, in
 * some reports with a slash added at its end; both are taken (Twilio, "Media Streams: WebSocket Messages").
 */
export function validateStreamSignature(request: Omit<SignedRequest, 'params'>): boolean {
  return validateTwilioSignature(request) || validateTwilioSignature({ ...request, url: `${request.url}/` })
}

/**
 * The signature the carrier would send: for tests and for whoever plays the carrier.
 * @param url of a form POST or GET with its query, or the `wss` address of a stream (without `params`)
 */
export function signTwilioRequest(request: {
  authToken: string
  url: string
  params?: WebhookParams
}): string {
  return getExpectedTwilioSignature(request.authToken, request.url, request.params ?? {})
}
