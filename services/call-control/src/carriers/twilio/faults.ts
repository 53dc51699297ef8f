import { Fault } from '@toritsugi/contracts'

/** Twilio's own error codes that mean something to us ("Error and Warning Dictionary"). */
const codes = {
  /** "Invalid call state": an update of a call that is over or cannot take it. */
  invalidCallState: 21220,
  notFound: 20404,
  tooManyRequests: 20429,
} as const

/** The request left and no answer came: whether it was done is not known. */
const unanswered = new Set(['ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ERR_BAD_RESPONSE'])
/** It never left. */
const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

type VendorError = { code?: unknown; status?: unknown; message?: unknown }

/** What the SDK threw, in our words. Texts of the carrier are kept out: they may name a number. */
export function carrierFault(cause: unknown): Fault {
  const { code, status, message } = (cause ?? {}) as VendorError
  const detail = typeof code === 'number' ? `error ${code}` : typeof code === 'string' ? code : undefined
  const more = { cause, ...(detail === undefined ? {} : { detail }) }
  if (code === codes.invalidCallState) return new Fault('carrier.not-in-progress', more)
  if (code === codes.tooManyRequests || status === 429) return new Fault('carrier.busy', more)
  if (typeof code === 'string' && unreachable.has(code)) return new Fault('carrier.unavailable', more)
  if (typeof code === 'string' && unanswered.has(code)) return new Fault('carrier.unknown-outcome', more)
  if (typeof message === 'string' && /timeout of \d+ms exceeded|socket hang up/.test(message)) {
    return new Fault('carrier.unknown-outcome', more)
  }
  if (typeof status === 'number') {
    return new Fault(status >= 500 ? 'carrier.unavailable' : 'carrier.refused', more)
  }
  return new Fault('carrier.unknown-outcome', more)
}

/** True when the carrier says that there is no such call. */
export function isNotFound(cause: unknown): boolean {
  const { code, status } = (cause ?? {}) as VendorError
  return code === codes.notFound || status === 404
}
