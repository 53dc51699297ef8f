import { randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { signatureOf, withoutFragment } from './core/signature.ts'
import { type Delivery, deliveryOf } from './core/webhook-url.ts'
import type { CarrierLimits, CarrierSwitches } from './switches.ts'

export type Method = 'GET' | 'POST'

export type WebhookRequest = {
  url: string
  method: Method
  params: Record<string, string>
  /** One value for each event, the same on repeats ("Webhooks: I-Twilio-Idempotency-Token"). */
  idempotencyToken?: string
}

export type WebhookAnswer =
  | { is: 'answered'; status: number; contentType: string; body: Buffer; url: string; ms: number }
  /** `code`: 11200 (no or bad HTTP answer), 11205 (no connection), 11100 (no URL), 11750 (too long). */
  | { is: 'failed'; code: string; message: string; ms: number }

/** Told of each delivery, for the history of a call. */
export type OnDelivery = (request: WebhookRequest, answer: WebhookAnswer) => void

const MAX_BODY = 16 * 1024 * 1024
const MAX_REDIRECTS = 10

/** Signs and delivers the carrier's requests, by the documented times and retries. */
export class Webhooks {
  readonly #authToken: string
  readonly #limits: CarrierLimits
  readonly #switches: CarrierSwitches
  readonly #publicHosts: Readonly<Record<string, string>>
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  }

  constructor(options: {
    authToken: string
    limits: CarrierLimits
    switches: CarrierSwitches
    publicHosts: Readonly<Record<string, string>>
  }) {
    this.#authToken = options.authToken
    this.#limits = options.limits
    this.#switches = options.switches
    this.#publicHosts = options.publicHosts
  }

  /** Where a public address is really reached: the mapped origin with the same path and query. */
  realAddress(url: URL): URL {
    const scheme = url.protocol.replace('ws', 'http')
    const mapped = this.#publicHosts[`${scheme}//${url.host}`]
    return mapped === undefined ? new URL(url) : new URL(url.pathname + url.search, mapped)
  }

  /** Delivers one request; never rejects. */
  async deliver(request: WebhookRequest): Promise<WebhookAnswer> {
    const began = performance.now()
    const took = () => Math.round(performance.now() - began)
    const delivery = deliveryOf(request.url, this.#limits)
    if (!delivery) return { is: 'failed', code: '11100', message: `Invalid URL: ${request.url}`, ms: took() }
    const token = request.idempotencyToken ?? randomUUID()
    const deadline = began + delivery.totalMs
    let answer: WebhookAnswer = { is: 'failed', code: '11200', message: 'Not sent', ms: 0 }
    for (let attempt = 0; attempt <= delivery.retries; attempt += 1) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) break
      answer = {
        ...(await this.#follow({ ...request, idempotencyToken: token }, delivery, leftMs)),
        ms: took(),
      }
      if (!isWorthRetrying(answer, delivery)) break
    }
    return answer
  }

  close(): void {
    this.#agents['http:'].destroy()
    this.#agents['https:'].destroy()
  }

  /** One attempt; HTTP redirects are followed with GET. */
  async #follow(request: WebhookRequest, delivery: Delivery, totalMs: number): Promise<WebhookAnswer> {
    let current = request
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const sent = await this.#send(current, delivery, totalMs)
      if ('code' in sent) return { is: 'failed', ms: 0, ...sent }
      const url = withoutFragment(current.url)
      if (sent.status < 300 || sent.status > 399 || sent.location === undefined) {
        return { is: 'answered', url, ms: 0, ...sent }
      }
      current = { ...current, url: new URL(sent.location, url).href, method: 'GET', params: {} }
    }
    return { is: 'failed', code: '11215', message: 'Too many HTTP redirects', ms: 0 }
  }

  #send(request: WebhookRequest, delivery: Delivery, totalMs: number): Promise<Sent | Broken> {
    const signed = this.#signed(request)
    const target = this.realAddress(signed.url)
    const secure = target.protocol === 'https:'
    const options = {
      method: request.method,
      agent: secure ? this.#agents['https:'] : this.#agents['http:'],
      headers: signed.headers,
    }
    return new Promise((resolve) => {
      const outgoing = (secure ? https : http).request(target, options)
      const timers: NodeJS.Timeout[] = []
      const end = (outcome: Sent | Broken) => {
        for (const timer of timers) clearTimeout(timer)
        resolve(outcome)
        if ('code' in outcome) outgoing.destroy()
      }
      let connected = false
      timers.push(setTimeout(() => end(timeOut(`no answer within ${delivery.totalMs} ms`)), totalMs))
      outgoing.once('socket', (socket) => {
        connected = !socket.connecting
        if (connected) return
        const timer = setTimeout(
          () => end(noConnection(`no connection within ${delivery.connectMs} ms`)),
          delivery.connectMs,
        )
        timers.push(timer)
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          connected = true
          clearTimeout(timer)
        })
      })
      outgoing.once('finish', () => {
        timers.push(setTimeout(() => end(timeOut(`no answer within ${delivery.readMs} ms`)), delivery.readMs))
      })
      outgoing.once('error', (error) => end(connected ? timeOut(error.message) : noConnection(error.message)))
      outgoing.once('response', (response) =>
        collect(response).then(end, (error: Error) => end(timeOut(error.message))),
      )
      outgoing.end(signed.body)
    })
  }

  #signed({ url, method, params, idempotencyToken }: WebhookRequest): {
    url: URL
    headers: Record<string, string>
    body: string
  } {
    const form = new URLSearchParams(params).toString()
    const plain = withoutFragment(url)
    const full = method === 'GET' && form !== '' ? `${plain}${plain.includes('?') ? '&' : '?'}${form}` : plain
    const address = new URL(full)
    const headers: Record<string, string> = {
      host: address.host,
      'user-agent': 'TwilioProxy/1.1',
      accept: '*/*',
      'i-twilio-idempotency-token': idempotencyToken ?? '',
      'x-twilio-signature': signatureOf(
        this.#authToken,
        this.#signedUrl(full),
        method === 'POST' ? params : {},
      ),
    }
    const body = method === 'POST' ? form : ''
    if (method === 'POST') {
      headers['content-type'] = 'application/x-www-form-urlencoded; charset=UTF-8'
      headers['content-length'] = String(Buffer.byteLength(body))
    }
    return { url: address, headers, body }
  }

  #signedUrl(full: string): string {
    if (this.#switches.webhookSignature === 'as-written') return full
    return full.replace(/^(https:\/\/[^/:?]+)(?=[/?]|$)/, '$1:443')
  }
}

type Sent = { status: number; contentType: string; body: Buffer; location: string | undefined }
type Broken = { code: string; message: string }

const timeOut = (message: string): Broken => ({ code: '11200', message })
const noConnection = (message: string): Broken => ({ code: '11205', message })

async function collect(response: http.IncomingMessage): Promise<Sent | Broken> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_BODY) return { code: '11750', message: `The answer is longer than ${MAX_BODY} bytes` }
    parts.push(part)
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: Buffer.concat(parts),
    location: response.headers.location,
  }
}

function isWorthRetrying(answer: WebhookAnswer, { retryOn }: Delivery): boolean {
  if (answer.is === 'failed') return retryOn.has(answer.code === '11205' ? 'ct' : 'rt') || retryOn.has('all')
  const group = answer.status >= 500 ? '5xx' : answer.status >= 400 ? '4xx' : undefined
  return group !== undefined && (retryOn.has(group) || retryOn.has('all'))
}
