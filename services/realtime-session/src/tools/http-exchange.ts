import { lookup as resolve } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { type AddressPolicy, mayReach } from './address-policy.ts'

export type HttpQuestion = {
  url: URL
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body: string | null
}

export type HttpAnswer = { status: number; contentType: string; body: string }

/** Why there is no answer. `network` may be tried again; the others would end the same way. */
export type ExchangeFailure = 'network' | 'address-not-allowed' | 'answer-too-large' | 'aborted'

export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
  readonly failure: ExchangeFailure

  constructor(failure: ExchangeFailure, options: { cause?: unknown } = {}) {
    super(`http exchange failed: ${failure}`, options)
    this.failure = failure
  }
}

/** The largest answer that is read, bytes. */
export const largestAnswer = 64 * 1024

/**
 * One HTTP request to an endpoint that an integrator declared. Every address that is connected to is checked,
 * after the name was resolved, so that a name cannot be pointed elsewhere between check and use. Redirects are
 * not followed: the answer is the redirect.
 * @throws ExchangeError
 */
export function exchange(
  question: HttpQuestion,
  options: { policy: AddressPolicy; signal: AbortSignal },
): Promise<HttpAnswer> {
  const { url, method, headers, body } = question
  const { policy, signal } = options
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !mayReach(policy, host, host)) {
    return Promise.reject(new ExchangeError('address-not-allowed'))
  }
  return new Promise((done, failed) => {
    const fail = (cause: unknown) =>
      failed(
        cause instanceof ExchangeError
          ? cause
          : new ExchangeError(signal.aborted ? 'aborted' : 'network', { cause }),
      )
    const ask = url.protocol === 'https:' ? requestHttps : requestHttp
    const asked = ask(
      url,
      {
        method,
        headers: { ...headers, ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }) },
        signal,
        agent: false,
        lookup: checkedLookup(policy, host),
        maxHeaderSize: 16 * 1024,
      },
      (answer) => {
        read(answer).then(done, (error) => {
          asked.destroy()
          fail(error)
        })
      },
    )
    asked.on('error', fail)
    asked.end(body ?? undefined)
  })
}

async function read(answer: IncomingMessage): Promise<HttpAnswer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length
    if (size > largestAnswer) throw new ExchangeError('answer-too-large')
    parts.push(part)
  }
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? '',
    body: Buffer.concat(parts).toString('utf8'),
  }
}

/** Resolves like the system does, and refuses when any of the addresses is not allowed for this host. */
function checkedLookup(policy: AddressPolicy, host: string): LookupFunction {
  return (name, options, then) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      if (error) return then(error, '', 0)
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => mayReach(policy, host, address))) {
        return then(new ExchangeError('address-not-allowed'), '', 0)
      }
      if (options.all) return then(null, addresses)
      then(null, first.address, first.family)
    })
  }
}
