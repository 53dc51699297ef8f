import type { CallbackSettings, CallProgress } from '../status-callbacks.ts'
import type { Method } from '../webhooks.ts'
import { problem, type RestAnswer } from './problem.ts'

const E164 = /^\+[1-9]\d{1,14}$/
const SPECIAL_TO = /^(sip:|client:)/i
const TWIML_LIMIT = 4000
const EVENTS: ReadonlySet<string> = new Set(['initiated', 'ringing', 'answered', 'completed'])

export type Form = URLSearchParams

/** Where the documents of a created or updated call come from; a problem when the form names none or a bad one. */
export function sourceIn(
  form: Form,
): { url: string; method: Method } | { twiml: string } | RestAnswer | undefined {
  const url = form.get('Url')
  const twiml = form.get('Twiml')
  if (url !== null && url !== '') {
    if (!isWebUrl(url)) return problem(400, 21205, `Url is not a valid URL: ${url}`)
    return { url, method: methodIn(form, 'Method') }
  }
  if (twiml === null || twiml === '') return undefined
  if ([...twiml].length > TWIML_LIMIT) {
    return problem(400, 32018, `Twiml parameter must be at most ${TWIML_LIMIT} characters`)
  }
  return { twiml }
}

/** From and To of a new call; a problem (21201, 21211, 21212, 21210) otherwise. */
export function partiesIn(
  form: Form,
  isOwned: (number: string) => boolean,
): { from: string; to: string } | RestAnswer {
  const to = form.get('To') ?? ''
  const from = form.get('From') ?? ''
  if (to === '') return problem(400, 21201, "No 'To' number is specified")
  if (!E164.test(to) && !SPECIAL_TO.test(to)) {
    return problem(400, 21211, `The phone number you are attempting to call, ${to}, is not valid.`)
  }
  if (!E164.test(from)) return problem(400, 21212, `Invalid From Number (caller ID): ${from}`)
  if (!isOwned(from)) {
    return problem(
      400,
      21210,
      `The source phone number provided, ${from}, is not yet verified for your account.`,
    )
  }
  return { from, to }
}

/** Status callback settings; a problem (21609, 21626) when they cannot be followed. */
export function callbacksIn(form: Form): CallbackSettings | RestAnswer | undefined {
  const url = form.get('StatusCallback')
  if (url === null || url === '') return undefined
  if (!isWebUrl(url)) return problem(400, 21609, `Invalid 'StatusCallback' URL: ${url}`)
  const named = form
    .getAll('StatusCallbackEvent')
    .flatMap((value) => value.split(/[\s,]+/))
    .filter(Boolean)
  const wrong = named.find((event) => !EVENTS.has(event))
  if (wrong !== undefined) return problem(400, 21626, `Invalid status callback events: ${wrong}`)
  const events = new Set((named.length === 0 ? ['completed'] : named) as CallProgress[])
  return { url, method: methodIn(form, 'StatusCallbackMethod'), events }
}

/** A whole number in a range; a problem (21000-series generic 20001) otherwise. */
export function numberIn(
  form: Form,
  name: string,
  low: number,
  high: number,
): number | RestAnswer | undefined {
  const text = form.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= low && value <= high) return value
  return problem(400, 20001, `${name} must be a whole number between ${low} and ${high}`)
}

export function methodIn(form: Form, name: string): Method {
  return form.get(name)?.toUpperCase() === 'GET' ? 'GET' : 'POST'
}

export function isAnswer(value: unknown): value is RestAnswer {
  return typeof value === 'object' && value !== null && typeof (value as RestAnswer).status === 'number'
}

export function isWebUrl(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url)
}
