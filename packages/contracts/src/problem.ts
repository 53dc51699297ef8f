import { z } from 'zod'

/**
 * Every error code of the system: HTTP status, a title that never changes, and whether the same request may
 * succeed when it is made again. Faults carry one of these codes; so do refusals that reach HTTP or the bus.
 */
export const problems = {
  'request.invalid': { status: 400, title: 'The request is not valid', retryable: false },
  'request.malformed': { status: 400, title: 'The request body could not be read', retryable: false },
  'request.too-large': { status: 413, title: 'The request is too large', retryable: false },
  'request.unsupported-media-type': {
    status: 415,
    title: 'The request has a body type that is not accepted',
    retryable: false,
  },
  'request.too-many': { status: 429, title: 'Too many requests', retryable: true },
  'request.timed-out': { status: 408, title: 'The request took too long to arrive', retryable: true },
  'auth.missing': { status: 401, title: 'An API key is needed', retryable: false },
  'auth.unknown-key': { status: 401, title: 'The API key is not known', retryable: false },
  'auth.expired-key': { status: 401, title: 'The API key has expired', retryable: false },
  'auth.forbidden': { status: 403, title: 'The API key may not do this', retryable: false },
  'signature.missing': { status: 403, title: 'The signature is missing', retryable: false },
  'signature.wrong': { status: 403, title: 'The signature is wrong', retryable: false },
  'route.not-found': { status: 404, title: 'There is nothing at this address', retryable: false },
  'route.wrong-method': { status: 405, title: 'This address does not take this method', retryable: false },
  'call.not-found': { status: 404, title: 'There is no such call', retryable: false },
  'call.already-ended': { status: 409, title: 'The call is over', retryable: false },
  'call.stale-epoch': { status: 409, title: 'A newer stream of this call exists', retryable: false },
  'assistant.not-found': { status: 404, title: 'There is no such assistant', retryable: false },
  'number.not-found': { status: 404, title: 'There is no such number', retryable: false },
  'desk.not-found': { status: 404, title: 'There is no such desk', retryable: false },
  'transcript.not-found': { status: 404, title: 'There is no transcript of this call', retryable: false },
  'token.invalid': { status: 401, title: 'The stream token is not valid', retryable: false },
  'token.used': { status: 409, title: 'The stream token was used before', retryable: false },
  'tool.unknown': { status: 404, title: 'There is no such tool', retryable: false },
  'tool.invalid-arguments': {
    status: 422,
    title: 'The arguments of the tool are not valid',
    retryable: false,
  },
  'tool.failed': { status: 502, title: 'The tool failed', retryable: false },
  'carrier.refused': { status: 502, title: 'The carrier refused', retryable: false },
  'carrier.not-in-progress': {
    status: 409,
    title: 'The carrier says that the call is not in progress',
    retryable: false,
  },
  'carrier.busy': { status: 503, title: 'The carrier asks us to slow down', retryable: true },
  'carrier.unavailable': { status: 503, title: 'The carrier cannot be reached', retryable: true },
  'carrier.unknown-outcome': {
    status: 504,
    title: 'The carrier did not answer; what it did is not known',
    retryable: false,
  },
  'model.unavailable': { status: 503, title: 'The speech model cannot be reached', retryable: true },
  'model.refused': { status: 502, title: 'The speech model refused', retryable: false },
  'bus.unavailable': { status: 503, title: 'The bus cannot be reached', retryable: true },
  'bus.no-responders': { status: 503, title: 'Nobody answers this command', retryable: true },
  'bus.timed-out': { status: 504, title: 'The command was not answered in time', retryable: true },
  'bus.malformed': { status: 400, title: 'The message is not valid', retryable: false },
  'database.unavailable': { status: 503, title: 'The database cannot be reached', retryable: true },
  'service.unavailable': { status: 503, title: 'The service cannot be reached', retryable: true },
  'service.stopping': { status: 503, title: 'The service is stopping', retryable: true },
  'internal.bug': { status: 500, title: 'Something went wrong on our side', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>

export type ProblemCode = keyof typeof problems

/** An error answer in HTTP: RFC 9457 ("Problem Details for HTTP APIs"), with our code and the request's id. */
export const Problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    instance: z.string().optional(),
    requestId: z.string().optional(),
    /** Where the request was wrong, one entry a fault. */
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
