import type { Call } from '../call.ts'
import { parseTwiml, type TwimlElement } from '../twiml/parse.ts'
import type { Method, WebhookAnswer } from '../webhooks.ts'

/** Where the next document comes from. */
export type Source =
  | { url: string; method: Method; params?: Record<string, string>; isFallback?: boolean }
  | { twiml: string }

/** A document that can run. `url` is the base of relative addresses; an inline one has none. */
export type TwimlDocument = { url: string | undefined; verbs: readonly TwimlElement[] }

/** Why there is no document: Twilio's error code, and the address that gave it. */
export type DocumentFailure = { code: string; message: string; url: string }

const XML_TYPES = /^(text\/xml|application\/xml|text\/html|application\/[\w.+-]*\+xml)\b/i
const MAX_TWIML = 64 * 1024

/** Gets a document and reads it; faults and errors go to the debugger. */
export async function loadDocument(call: Call, source: Source): Promise<TwimlDocument | DocumentFailure> {
  if ('twiml' in source) return read(call, source.twiml, undefined)
  const { url, method, params = {} } = source
  const answer = await fetchVoice(call, { url, method, params })
  if (answer.is === 'failed') return fail(call, { code: answer.code, message: answer.message, url })
  if (answer.status < 200 || answer.status > 299) {
    return fail(call, { code: '11200', message: `HTTP status ${answer.status}`, url })
  }
  if (answer.status === 204 || answer.body.length === 0) return read(call, '<Response/>', answer.url)
  if (answer.body.length > MAX_TWIML)
    return fail(call, { code: '11750', message: 'TwiML response body too large', url })
  if (!XML_TYPES.test(answer.contentType)) {
    return fail(call, {
      code: '12300',
      message: `Invalid Content-Type: ${answer.contentType || 'none'}`,
      url,
    })
  }
  return read(call, answer.body.toString('utf8'), answer.url)
}

async function fetchVoice(
  call: Call,
  request: { url: string; method: Method; params: Record<string, string> },
): Promise<WebhookAnswer> {
  const doubled = call.world.faults.take('double-fetch', call)
  if (!doubled) return call.webhook(request)
  const idempotencyToken = crypto.randomUUID()
  const first = await call.webhook({ ...request, idempotencyToken })
  const second = await call.webhook({ ...request, idempotencyToken })
  return doubled.use === 'first' ? first : second
}

function read(call: Call, xml: string, url: string | undefined): TwimlDocument | DocumentFailure {
  const parsed = parseTwiml(xml)
  if (parsed.is === 'unreadable') {
    return fail(call, { code: parsed.code, message: parsed.message, url: url ?? '' })
  }
  for (const warning of parsed.warnings) {
    call.world.debugger.warning('12200', warning, { callSid: call.sid, ...(url ? { url } : {}) })
  }
  return { url, verbs: parsed.verbs }
}

function fail(call: Call, failure: DocumentFailure): DocumentFailure {
  const { code, message, url } = failure
  call.world.debugger.error(code, message, { callSid: call.sid, ...(url ? { url } : {}) })
  return failure
}

/**
 * An address in a document as an absolute one, by the document's own address. Undefined when it cannot be: inline
 * documents have no base.
 */
export function resolveUrl(document: { url: string | undefined }, url: string): string | undefined {
  if (/^https?:\/\//i.test(url)) return URL.canParse(url) ? url : undefined
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) return undefined
  return document.url !== undefined && URL.canParse(url, document.url)
    ? new URL(url, document.url).href
    : undefined
}
