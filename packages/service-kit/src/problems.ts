import { Fault, type Problem, type ProblemCode, problems } from '@toritsugi/contracts'
import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'

export const problemType = 'application/problem+json; charset=utf-8'

/** Fastify's own codes, in our words. */
const byFastifyCode: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request.malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request.malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.malformed',
  FST_ERR_CTP_EMPTY_TYPE: 'request.unsupported-media-type',
  FST_ERR_BAD_URL: 'request.malformed',
  FST_ERR_ASYNC_CONSTRAINT: 'request.malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'request.invalid',
  FST_ERR_HANDLER_TIMEOUT: 'service.unavailable',
}
const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'request.malformed',
  401: 'auth.missing',
  403: 'auth.forbidden',
  404: 'route.not-found',
  405: 'route.wrong-method',
  408: 'request.timed-out',
  413: 'request.too-large',
  415: 'request.unsupported-media-type',
  429: 'request.too-many',
  503: 'service.unavailable',
}

/** A problem with this code (RFC 9457, "Problem Details for HTTP APIs"). */
export function problemOf(
  code: ProblemCode,
  more: { detail?: string | undefined; requestId?: string; errors?: Problem['errors'] } = {},
): Problem {
  const { status, title } = problems[code]
  return {
    type: `urn:toritsugi:problem:${code}`,
    title,
    status,
    code,
    ...(more.detail === undefined ? {} : { detail: more.detail }),
    ...(more.requestId === undefined ? {} : { requestId: more.requestId }),
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  }
}

/**
 * What a thrown error looks like from outside. Only Faults and bad requests explain themselves; of anything
 * else the asker learns no more than the request's id.
 */
export function problemFromError(error: unknown, requestId: string): Problem {
  if (error instanceof Fault) return problemOf(error.code, { detail: error.detail, requestId })
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = (error as { validationContext?: string }).validationContext ?? 'body'
    const errors = error.validation.slice(0, 20).map((issue) => ({
      path: `${where}${issue.instancePath.replaceAll('/', '.')}`,
      message: issue.message ?? 'is not valid',
    }))
    return problemOf('request.invalid', { requestId, errors })
  }
  const { code = '', statusCode = 500 } = (error ?? {}) as Partial<FastifyError>
  const known = byFastifyCode[code]
  if (known !== undefined) return problemOf(known, { requestId })
  if (statusCode >= 400 && statusCode < 500) {
    return problemOf(byStatus[statusCode] ?? 'request.invalid', { requestId })
  }
  return problemOf('internal.bug', { requestId })
}

/** Headers that belong to a problem: how to authenticate, when to come back. */
export function problemHeaders(problem: Problem): Record<string, string> {
  return {
    'content-type': problemType,
    'cache-control': 'no-store',
    ...(problem.status === 401 && problem.code.startsWith('auth.')
      ? {
          'www-authenticate':
            problem.code === 'auth.missing'
              ? 'Bearer realm="toritsugi"'
              : 'Bearer realm="toritsugi", error="invalid_token"',
        }
      : {}),
    ...((problem.status === 429 || problem.status === 503) && problems[problem.code].retryable
      ? { 'retry-after': '1' }
      : {}),
  }
}
