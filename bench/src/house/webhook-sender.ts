import { Agent, request as httpRequest } from 'node:http'
import { signTwilioRequest } from '@toritsugi/telephony'
import { carrierIds } from '../subject/subject.ts'
import type { Stack } from './stack.ts'

export type WebhookAnswer = { status: number; body: string; ms: number }

/** The carrier's webhooks about calls that come in, signed. */
export type WebhookSender = {
  /** A new call comes in. `ms` is the time to the whole document. */
  voice(callSid: string): Promise<WebhookAnswer>
  close(): void
}

const ANSWER_MS = 15_000

export function webhookSender(stack: Stack): WebhookSender {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const send = (path: string, params: Record<string, string>): Promise<WebhookAnswer> => {
    const url = `${stack.publicUrl}${path}`
    const signature = signTwilioRequest({ authToken: stack.secrets.authToken, url, params })
    const body = new URLSearchParams(params).toString()
    const startedAt = performance.now()
    return new Promise((resolve, reject) => {
      const request = httpRequest(url, {
        method: 'POST',
        agent,
        timeout: ANSWER_MS,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          'x-twilio-signature': signature,
        },
      })
      request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)))
      request.on('error', reject)
      request.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, ms: performance.now() - startedAt }),
        )
      })
      request.end(body)
    })
  }
  const common = (callSid: string) => ({
    CallSid: callSid,
    AccountSid: stack.secrets.accountSid,
    From: `+8190${(Number.parseInt(callSid.slice(-6), 16) % 100_000_000).toString().padStart(8, '0')}`,
    To: stack.phoneNumber,
    Direction: 'inbound',
    ApiVersion: '2010-04-01',
  })
  return {
    voice: (callSid) => send('/api/twilio/voice', { ...common(callSid), CallStatus: 'ringing' }),
    close: () => agent.destroy(),
  }
}

/** A CallSid that no other call of this bench has. */
export const newCallSid = (): string => carrierIds().callSid
