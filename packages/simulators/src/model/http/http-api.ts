import type { IncomingMessage, ServerResponse } from 'node:http'
import { keyOf, masked } from '../api-key.ts'
import { isObject } from '../protocol/shape.ts'
import { readBody } from './body.ts'
import { Chat } from './chat.ts'
import { deliver, takeFault } from './delivery.ts'
import type { Answered, Asking, HttpParts } from './http-parts.ts'
import { durationOf, RateWindow } from './rate-window.ts'
import { badRequest, errorOf, failure, notFound, type Refusal } from './refusal.ts'
import { type Endpoint, RequestLog, type RequestRecord } from './request-log.ts'
import { answerSpeech } from './speech.ts'

const BODY_LIMIT = 8 * 1024 * 1024

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': 'chat',
  '/openai/v1/chat/completions': 'chat',
  '/v1/audio/speech': 'speech',
  '/openai/v1/audio/speech': 'speech',
}

/** The part of the API that is plain HTTP: chat completions and speech, each request judged and answered by itself. */
export class HttpApi {
  readonly log = new RequestLog()
  readonly #parts: HttpParts
  readonly #chat: Chat
  readonly #rates: RateWindow

  constructor(parts: HttpParts) {
    this.#parts = parts
    this.#chat = new Chat(parts)
    this.#rates = new RateWindow(() => ({
      requests: parts.switches.requestsPerMinute,
      tokens: parts.switches.tokensPerMinute,
    }))
  }

  /** Answers one request. Never rejects: what goes wrong in here is a 500. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const record = this.log.open(this.#parts.random.id('req'), request.method ?? '', pathname)
    record.endpoint = ENDPOINTS[pathname] ?? null
    response.setHeader('x-request-id', record.id)
    response.setHeader('openai-version', '2020-10-01')
    response.on('error', () => response.destroy())
    try {
      const fault = this.#fault(record)
      const answered = fault ? { refusal: fault } : await this.#judge(request, record)
      response.setHeader('openai-processing-ms', String(Math.ceil(performance.now() - record.at)))
      if ('refusal' in answered) {
        if (!fault)
          this.#debug(record, answered.refusal.code ?? answered.refusal.type, answered.refusal.message)
        await this.#refuse(response, record, answered.refusal)
        return
      }
      record.status = 200
      this.log.changed(record)
      const ended = await deliver(response, answered.answer, record, this.#parts.faults)
      if (ended === 'unread') this.#debug(record, 'client-not-reading', 'The client left an answer unread.')
      this.log.end(record, ended)
    } catch (error) {
      this.#debug(record, 'server_error', String(error))
      if (!response.headersSent) await this.#refuse(response, record, failure('server_error', String(error)))
      response.destroy()
      this.log.end(record, 'dropped')
    }
  }

  #fault(record: RequestRecord): Refusal | null {
    const fault = takeFault(this.#parts.faults, 'refuse-request', record)
    if (!fault) return null
    const { status, retryAfterS } = fault
    const usual = USUAL[status] ?? {
      type: status < 500 ? 'invalid_request_error' : 'server_error',
      code: null,
    }
    const retry =
      retryAfterS === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(retryAfterS)), 'retry-after-ms': String(retryAfterS * 1000) }
    const limit = this.#parts.switches.requestsPerMinute
    const rates = {
      'x-ratelimit-limit-requests': String(limit),
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': durationOf((retryAfterS ?? 1) * 1000),
    }
    return {
      status,
      type: fault.type ?? usual.type,
      code: fault.code === undefined ? usual.code : fault.code,
      message: fault.message ?? 'The server had an error while processing your request. Sorry about that!',
      param: null,
      headers: status === 429 ? { ...rates, ...retry } : retry,
    }
  }

  async #judge(request: IncomingMessage, record: RequestRecord): Promise<Answered> {
    const refusal = this.#refusedPath(record) ?? this.#refusedKey(request)
    if (refusal) return { refusal }
    const body = await readBody(request, BODY_LIMIT)
    if ('problem' in body) return { refusal: UNREADABLE[body.problem] }
    const type = request.headers['content-type'] ?? ''
    if (!/^application\/json(;|$)/.test(type)) return { refusal: unsupportedType(type) }
    const json = parsed(body.text)
    if (!isObject(json)) return { refusal: badRequest(NOT_JSON) }
    record.body = json
    record.model = typeof json.model === 'string' ? json.model : null
    const asking: Asking = {
      request,
      body: json,
      record,
      rates: this.#rates,
      suspect: (code, message) => this.#debug(record, code, message),
    }
    return record.endpoint === 'chat' ? this.#chat.answer(asking) : answerSpeech(asking, this.#parts)
  }

  #refusedPath({ endpoint, method, path }: RequestRecord): Refusal | null {
    if (endpoint === null) {
      return notFound(
        `Unknown request URL: ${method} ${path}. Please check the URL for typos.`,
        'unknown_url',
      )
    }
    if (method === 'POST') return null
    const message = `Not allowed to ${method} on ${path}.`
    return { ...badRequest(message, null, 'method_not_supported'), status: 405 }
  }

  #refusedKey(request: IncomingMessage): Refusal | null {
    const key = keyOf(request)
    if (key === this.#parts.apiKey) return null
    const page = 'https://platform.openai.com/account/api-keys'
    const message =
      key === null
        ? `You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth. You can obtain an API key from ${page}.`
        : `Incorrect API key provided: ${masked(key)}. You can find your API key at ${page}.`
    return { ...badRequest(message, null, key === null ? null : 'invalid_api_key'), status: 401 }
  }

  #refuse(response: ServerResponse, record: RequestRecord, refusal: Refusal): Promise<void> {
    Object.assign(record, { status: refusal.status, code: refusal.code })
    const body = JSON.stringify({ error: errorOf(refusal) })
    return new Promise((resolve) => {
      response.once('close', resolve)
      response.writeHead(refusal.status, {
        ...refusal.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
      this.log.end(record, 'refused')
    })
  }

  #debug(record: RequestRecord, code: string, message: string): void {
    const event = `${record.method} ${record.path}`
    this.#parts.debugger.add({ sessionId: null, requestId: record.id, code, message, event })
  }
}

/** Type and code that usually come with a status ("Error codes" guide). */
const USUAL: Readonly<Record<number, { type: string; code: string | null }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  404: { type: 'invalid_request_error', code: 'model_not_found' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
}

const NOT_JSON =
  'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library ' +
  'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)'

const UNREADABLE: Readonly<Record<'too-large' | 'too-slow' | 'broken-off', Refusal>> = {
  'too-large': { ...badRequest('The body of your request is too large.'), status: 413 },
  'too-slow': { ...badRequest('The body of your request did not come in time.'), status: 408 },
  'broken-off': badRequest('The body of your request broke off.'),
}

function unsupportedType(type: string): Refusal {
  return badRequest(
    `Unsupported content type: '${type}'. This API method only accepts 'application/json' requests, but you ` +
      `specified the header 'Content-Type: ${type}'. Please try again with a supported content type.`,
    null,
    'unsupported_content_type',
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
