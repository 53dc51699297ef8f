import {
  bool,
  either,
  isObject,
  type JsonObject,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Shape,
  text,
  variant,
} from '../../model/protocol/shape.ts'
import type { Fault } from '../faults.ts'
import type { CarrierLimits, CarrierSwitches } from '../switches.ts'

const ms = number({ min: 0, max: 86_400_000 })
const whole = number({ min: 1, whole: true })
const e164 = text({ pattern: /^\+[1-9]\d{1,14}$/ })
const webUrl = text({ pattern: /^https?:\/\// })
const method = oneOf('GET', 'POST')
const band = oneOf('caller', 'human', 'assistant')
const scope = { type: text(), callSid: text(), number: text(), times: whole }
const callback = { ...scope, event: text(), delayMs: ms }

const FAULTS: Record<Fault['type'], Shape> = {
  dtx: object({ ...scope, keepMs: ms }),
  jitter: object({ ...scope, maxMs: ms }, ['maxMs']),
  'late-marks': object({ ...scope, ms }, ['ms']),
  'lost-marks': object({ ...scope, every: whole }),
  'no-stop': object(scope),
  'slow-start': object({ ...scope, ms }, ['ms']),
  'socket-loss': object({ ...scope, afterMs: ms }, ['afterMs']),
  'half-open': object({ ...scope, afterMs: ms, forMs: ms }, ['afterMs']),
  'lost-callback': object({ ...scope, event: text() }),
  'duplicate-callback': object(callback),
  'reordered-callbacks': object(callback),
  'double-fetch': object({ ...scope, use: oneOf('first', 'second') }),
  'refuse-redirect': object(scope),
  'failed-recording': object(scope),
  rest: object(
    {
      ...scope,
      answer: either(oneOf('timeout', 'disconnect'), number({ min: 429, max: 503, whole: true })),
      processed: bool,
      on: oneOf('create', 'update', 'fetch', 'list', 'record'),
    },
    ['answer'],
  ),
}

/** A fault as JSON. */
export const faultShape: Shape = variant('type', FAULTS)

const SWITCHES: Record<keyof CarrierSwitches, Shape> = {
  afterHandshakeFailure: oneOf('action', 'next-verb'),
  afterLoss: oneOf('action', 'next-verb', 'silence'),
  actionAfterHangUp: bool,
  inlineUpdateOnStream: oneOf('taken', 'refused'),
  playbackOnRedirect: oneOf('dropped', 'kept'),
  streamSignature: oneOf('exact', 'trailing-slash'),
  webhookSignature: oneOf('as-written', 'with-port'),
  streamCloseCode: nullable(number({ min: 1000, max: 4999, whole: true })),
  invalidMessage: oneOf('warned', 'ends-stream'),
  streamErrorOnServerClose: bool,
  inboundCallbacks: oneOf('completed', 'all'),
  gatherExtras: oneOf('sent', 'left-out'),
  speechConfidence: oneOf('sent', 'left-out'),
  emptyGather: oneOf('empty', 'left-out'),
  speechInProtectedPrompt: oneOf('heard', 'missed'),
  recordingMedia: oneOf('authenticated', 'open'),
  monoAsDual: oneOf('refused', 'given'),
  secondRecording: oneOf('started', 'refused'),
  refusedCredentials: oneOf('Authenticate', 'Authentication Error - invalid username'),
  allowInsecureStreams: bool,
}

const LIMITS: Record<keyof CarrierLimits, Shape> = {
  webhookConnectMs: ms,
  webhookTotalMs: ms,
  streamConnectMs: ms,
  streamBufferBytes: whole,
  extraRingMs: ms,
  dialMs: ms,
  callsPerSecond: number({ min: 0.01, max: 1000 }),
  queueSeconds: whole,
  restConcurrency: whole,
  recordingMs: ms,
  callMs: ms,
}

export const limitsShape: Shape = object(LIMITS)

export const switchesShape: Shape = object(SWITCHES)

/** A call from a phone; one of `script` (lines), `scriptName` or `wav` (base64) says what the caller does. */
export const dialInShape: Shape = object(
  {
    from: e164,
    to: e164,
    script: text({ max: 20_000 }),
    scriptName: text({ pattern: /^[a-z0-9-]+$/ }),
    wav: text(),
    band,
    faults: list(faultShape, 50),
  },
  [],
)

/** A phone that can be called. */
export const phoneShape: Shape = object(
  {
    number: e164,
    answers: either(oneOf('busy', 'never', 'rejects'), object({ afterMs: ms }, ['afterMs'])),
    script: text({ max: 20_000 }),
    scriptName: text({ pattern: /^[a-z0-9-]+$/ }),
    band,
  },
  ['number', 'answers'],
)

export const numberShape: Shape = object(
  {
    phoneNumber: e164,
    voiceUrl: webUrl,
    voiceMethod: method,
    voiceFallbackUrl: webUrl,
    voiceFallbackMethod: method,
    statusCallback: webUrl,
    statusCallbackMethod: method,
  },
  ['phoneNumber', 'voiceUrl'],
)

export const codesShape: Shape = object({ codes: list(text({ min: 1, max: 40 }), 100) }, ['codes'])
/** `unclear`: in a noisy voice; `rate`: from 1 down to 0.4. */
export const sayShape: Shape = object(
  { text: text({ min: 1, max: 5000 }), unclear: bool, rate: number({ min: 0.4, max: 1 }) },
  ['text'],
)
export const pressShape: Shape = object({ digits: text({ pattern: /^[0-9*#A-D]+$/ }) }, ['digits'])
export const halfOpenShape: Shape = object({ forMs: ms })

/** The JSON, if it has the shape; an Error that says what is wrong otherwise. */
export function checked(json: unknown, shape: Shape): JsonObject {
  const problem = shape(json, '')
  if (problem) throw new Error(problem.message)
  if (!isObject(json)) throw new Error('A JSON object is expected.')
  return json
}
