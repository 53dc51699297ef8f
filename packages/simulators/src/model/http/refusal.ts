import type { Problem } from '../protocol/shape.ts'

/** A request that is answered with an error object ("Error codes" in the API guides). */
export type Refusal = {
  status: number
  type: string
  code: string | null
  message: string
  param: string | null
  headers?: Readonly<Record<string, string>>
}

const INVALID = 'invalid_request_error'

/** A 400 without a code, as many checks of the service that are older than its codes give. */
export function badRequest(
  message: string,
  param: string | null = null,
  code: string | null = null,
): Refusal {
  return { status: 400, type: INVALID, code, message, param }
}

/** What a shape found wrong, with the narrower code of a broken limit. */
export function refusalOf(problem: Problem): Refusal {
  return badRequest(problem.message, problem.param, problem.limit ?? problem.code)
}

/** Something the real service does and this one does not: never answered with a pretence. */
export function notSimulated(what: string, param: string | null): Refusal {
  return badRequest(`The simulator does not do this: ${what}.`, param, 'not_simulated')
}

export function notFound(message: string, code: string | null, param: string | null = null): Refusal {
  return { status: 404, type: INVALID, code, message, param }
}

/** An error of the service's own making, by the code a rule or a fault names. */
export function failure(code: string, message: string): Refusal {
  if (code === 'rate_limit_exceeded') return { status: 429, type: 'requests', code, message, param: null }
  if (code === 'insufficient_quota') return { status: 429, type: code, code, message, param: null }
  if (code === 'content_policy_violation') return badRequest(message, null, code)
  return {
    status: 500,
    type: 'server_error',
    code: code === 'server_error' ? null : code,
    message,
    param: null,
  }
}

/** The error object of a refusal, as in `{"error": …}`. */
export function errorOf({ message, type, param, code }: Refusal): Record<string, string | null> {
  return { message, type, param, code }
}
