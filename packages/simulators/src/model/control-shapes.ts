import type { Fault } from './faults.ts'
import {
  anything,
  bool,
  either,
  nullable,
  number,
  object,
  oneOf,
  type Problem,
  pair,
  type Shape,
  text,
  variant,
} from './protocol/shape.ts'
import type { ModelSwitches } from './switches.ts'

const whole = number({ min: 0, whole: true })
const ms = number({ min: 0, max: 86_400_000 })
const when = object({ event: text(), nth: whole, response: whole, afterMs: ms })
const times = either(oneOf('always'), number({ min: 1, whole: true }))
const any = { kind: anything, session: whole, times }
const atRequest = { kind: anything, request: whole, to: oneOf('chat', 'speech'), times }

const FAULTS: Record<Fault['kind'], Shape> = {
  'refuse-upgrade': object({ ...any, status: whole, code: text(), message: text(), retryAfterS: whole }, [
    'status',
  ]),
  'refuse-session': object({ ...any, code: text(), type: text(), message: text(), closeCode: whole }, [
    'code',
  ]),
  mute: object(any),
  delay: object({ ...any, event: text(), ms }, ['event', 'ms']),
  'refuse-update': object({ ...any, code: text(), type: text(), message: text(), param: nullable(text()) }),
  drop: object({ ...any, when }, ['when']),
  stall: object({ ...any, when, forMs: ms }, ['when']),
  close: object({ ...any, when, code: whole, reason: text() }, ['when', 'code']),
  expire: object({ ...any, when }, ['when']),
  error: object({ ...any, when, code: nullable(text()), type: text(), message: text() }, ['when']),
  'unknown-event': object({ ...any, when, event: anything }, ['when']),
  'fail-response': object({ ...any, response: whole, code: text(), message: text(), afterMs: ms }),
  'cut-response': object({ ...any, response: whole, reason: oneOf('max_output_tokens', 'content_filter') }),
  'late-deltas': object({ ...any, count: whole, afterDone: bool }, ['count']),
  'fail-transcription': object({ ...any, code: text(), message: text() }),
  'late-transcription': object({ ...any, ms }, ['ms']),
  'no-usage': object(any),
  'refuse-request': object(
    {
      ...atRequest,
      status: number({ min: 400, max: 599, whole: true }),
      code: nullable(text()),
      type: text(),
      message: text(),
      retryAfterS: number({ min: 0, max: 86_400 }),
    },
    ['status'],
  ),
  'slow-answer': object({ ...atRequest, firstByteMs: ms, betweenMs: ms }),
  'stall-answer': object({ ...atRequest, after: whole }),
  'drop-answer': object({ ...atRequest, after: whole }),
  'malformed-answer': object({ ...atRequest, after: whole }),
  'empty-choice': object({ ...atRequest, left: oneOf('nothing', 'message') }),
  refusal: object({ ...atRequest, message: text() }),
  'wrong-arguments': object({ ...atRequest, arguments: text(), name: text() }),
}

const SWITCHES: Record<keyof ModelSwitches, Shape> = {
  badKey: oneOf('in-band', 'http'),
  missingKey: oneOf('in-band', 'http'),
  badModel: oneOf('invalid_model', 'model_not_found', 'http'),
  vadCollision: oneOf('error', 'skip'),
  formatAfterAudio: oneOf('refused', 'allowed'),
  rateLimits: oneOf('after-response', 'at-start', 'never'),
  obfuscation: bool,
  unknownEvents: bool,
  conversationCreated: bool,
  usage: oneOf('counted', 'null'),
  transcriptionMs: pair(ms),
  itemIdLength: whole,
  pingMs: number({ min: 10, max: 86_400_000 }),
  sessionMs: ms,
  requestsPerMinute: number({ min: 1, whole: true }),
  tokensPerMinute: number({ min: 1, whole: true }),
  wavLength: oneOf('unknown', 'exact'),
  forcedCall: oneOf('stop', 'tool_calls'),
}

/** A fault from JSON, or what is wrong with it. */
export function faultProblem(json: unknown): { fault: Fault } | { problem: Problem } {
  const problem = variant('kind', FAULTS)(json, 'fault')
  return problem ? { problem } : { fault: json as Fault }
}

export function switchesProblem(json: unknown): Problem | null {
  return object(SWITCHES)(json, 'switches')
}
