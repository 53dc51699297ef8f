import { type Agent, request as httpRequest } from 'node:http'
import { parseWebhookForm, signTwilioRequest } from '@toritsugi/telephony'
import { HOUSE_SECRETS, OUR_NUMBER } from './fuzzed-house.ts'
import { encodeFields } from './mutation/form-mutations.ts'
import type { Random } from './mutation/random.ts'
import { type WebhookSample, webhookSamples } from './samples/webhooks.ts'

export type WebhookRequest = {
  method: string
  path: string
  headers: Record<string, string>
  bytes: Buffer
}
export type WebhookAnswer = { status: number; type: string; body: string }

const ANSWER_MS = 15_000

export const FORM = 'application/x-www-form-urlencoded'

/** The signature of a form as the carrier makes it, by "Webhooks Security". */
export function signatureOf(origin: string, path: string, bytes: Buffer): string {
  const params = parseWebhookForm(bytes.toString('utf8')) ?? {}
  return signTwilioRequest({ authToken: HOUSE_SECRETS.authToken, url: `${origin}${path}`, params })
}

/** Sends one request, whatever is in it. @throws Error when there is no answer in time */
export function post(origin: string, sent: WebhookRequest, agent: Agent): Promise<WebhookAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${origin}${sent.path}`, {
      method: sent.method,
      headers: { ...sent.headers, 'content-length': sent.bytes.length },
      agent,
      timeout: ANSWER_MS,
    })
    request.on('timeout', () => request.destroy(new Error(`nothing within ${ANSWER_MS} ms`)))
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    request.end(sent.bytes)
  })
}

/** Sends a webhook in good order. @param requestToken the same for every repeat of one request */
export function say(
  origin: string,
  { path, fields }: WebhookSample,
  agent: Agent,
  requestToken?: string,
): Promise<WebhookAnswer> {
  const bytes = Buffer.from(encodeFields(fields))
  const headers = {
    'content-type': FORM,
    'x-twilio-signature': signatureOf(origin, path, bytes),
    ...(requestToken === undefined ? {} : { 'i-twilio-idempotency-token': requestToken }),
  }
  return post(origin, { method: 'POST', path, headers, bytes }, agent)
}

/** A call that came in and was answered: with the id it was given. */
export type OpenedCall = { callSid: string; callId: string; samples: WebhookSample[] }

/** Lets a call come in. @throws Error when it is not answered with the address of its next step */
export async function openCall(origin: string, random: Random, agent: Agent): Promise<OpenedCall> {
  const callSid = `CA${random.bytes(16).toString('hex')}`
  const of = (callId: string) =>
    webhookSamples({ accountSid: HOUSE_SECRETS.accountSid, callSid, callId, to: OUR_NUMBER })
  const answer = await say(origin, of('')[0] as WebhookSample, agent)
  const callId = /call_[0-9a-f]{32}/.exec(answer.body)?.[0]
  if (callId === undefined) throw new Error(`a call was answered ${answer.status}: ${answer.body}`)
  return { callSid, callId, samples: of(callId) }
}
