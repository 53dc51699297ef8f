import { CarrierCallId, Direction, Fault } from '@toritsugi/contracts'
import type { Http } from '@toritsugi/service-kit'
import {
  parseE164,
  parseWebhookForm,
  publicUrlOf,
  signatureHeader,
  validateTwilioSignature,
  type WebhookParams,
  webhookField,
} from '@toritsugi/telephony'
import type { FastifyRequest } from 'fastify'
import { type CarrierStatus, readCarrierStatus } from './core/carrier-status.ts'

/** What every voice webhook says (Twilio, "TwiML Voice: Twilio's Request to Your Application"). */
export type Webhook = {
  params: WebhookParams
  carrierCallId: string
  direction: Direction
  /** In E.164; null when hidden, or no telephone number at all. */
  from: string | null
  to: string | null
  status: CarrierStatus | null
  /** The same for every repeat of one request; null when the carrier did not send it. */
  requestToken: string | null
}

/** No webhook of the carrier comes near this, bytes. */
const bodyLimit = 65_536

/**
 * Takes the carrier's webhooks in this scope: form bodies, signed for the public address. What is not signed is
 * refused before anything of it is read.
 */
export function takeTwilioWebhooks(app: Http, options: { publicUrl: string; authToken: string }): void {
  const { publicUrl, authToken } = options
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit },
    (_request, body, done) => {
      const params = parseWebhookForm(String(body))
      if (params === null) done(new Fault('request.malformed', { detail: 'too many fields' }))
      else done(null, params)
    },
  )
  app.addHook('preValidation', async (request) => {
    const signature = request.headers[signatureHeader]
    if (typeof signature !== 'string' || signature === '') throw new Fault('signature.missing')
    const url = publicUrlOf(publicUrl, request.originalUrl)
    const params = request.method === 'GET' ? {} : formOf(request)
    if (!validateTwilioSignature({ authToken, signature, url, params })) throw new Fault('signature.wrong')
  })
}

/**
 * Reads a signed webhook.
 * @throws Fault `request.invalid` when it names no call
 */
export function readWebhook(request: FastifyRequest): Webhook {
  const params =
    request.method === 'GET'
      ? (parseWebhookForm(request.originalUrl.split('?').slice(1).join('?')) ?? {})
      : formOf(request)
  const field = (name: string) => webhookField(params, name)
  const carrierCallId = CarrierCallId.safeParse(field('CallSid'))
  if (!carrierCallId.success)
    throw new Fault('request.invalid', { detail: 'CallSid: must be a CallSid (CA…)' })
  const token = request.headers['i-twilio-idempotency-token']
  return {
    params,
    carrierCallId: carrierCallId.data,
    // `outbound-api` and `outbound-dial` are both calls that we placed.
    direction: Direction.parse(field('Direction')?.startsWith('outbound') ? 'outbound' : 'inbound'),
    from: parseE164(field('From') ?? ''),
    to: parseE164(field('To') ?? ''),
    status: readCarrierStatus(field('CallStatus')),
    requestToken: typeof token === 'string' && token !== '' ? token.slice(0, 200) : null,
  }
}

function formOf(request: FastifyRequest): WebhookParams {
  return typeof request.body === 'object' && request.body !== null ? (request.body as WebhookParams) : {}
}
