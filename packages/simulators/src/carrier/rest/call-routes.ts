import { detectionIn } from '../amd/amd-inputs.ts'
import { Call } from '../call.ts'
import { dialOut, keepCall } from '../exchange.ts'
import type { World } from '../world.ts'
import { callbacksIn, type Form, isAnswer, methodIn, numberIn, partiesIn, sourceIn } from './call-inputs.ts'
import { callJson } from './call-json.ts'
import { listCalls } from './call-list.ts'
import { notFound, problem, type RestAnswer } from './problem.ts'
import { recordingIn } from './recording-inputs.ts'

const RING_SECONDS = 60
const MAX_RING_SECONDS = 600

/** `POST /Calls.json`. */
export function createCall(world: World, form: Form): RestAnswer {
  const parties = partiesIn(form, (number) => world.numbers.has(number))
  if (isAnswer(parties)) return parties
  const source = sourceIn(form)
  if (isAnswer(source)) return source
  if (!source) return problem(400, 21205, 'Url, Twiml or ApplicationSid is required')
  const callbacks = callbacksIn(form)
  if (isAnswer(callbacks)) return callbacks
  const ringSeconds = numberIn(form, 'Timeout', 1, MAX_RING_SECONDS)
  if (isAnswer(ringSeconds)) return ringSeconds
  const timeLimit = numberIn(form, 'TimeLimit', 1, 86_400)
  if (isAnswer(timeLimit)) return timeLimit
  const detection = detectionIn(form)
  if (isAnswer(detection)) return detection
  const recording = form.get('Record') === 'true' ? recordingIn(form, 'OutboundAPI') : undefined
  if (isAnswer(recording)) return recording
  if (world.dialQueue.isFull) return problem(400, 22005, 'The outbound call queue is full')
  const fallbackUrl = form.get('FallbackUrl')
  const number = world.numbers.get(parties.from)
  const call = new Call(world, {
    direction: 'outbound-api',
    ...parties,
    phone: world.phoneBook.called(parties.to, parties.from),
    voice: {
      source,
      ...(fallbackUrl ? { fallbackUrl, fallbackMethod: methodIn(form, 'FallbackMethod') } : {}),
    },
    ...(callbacks ? { callbacks } : {}),
    ...(number ? { phoneNumberSid: number.sid } : {}),
    ...(timeLimit === undefined ? {} : { timeLimit }),
    ...(recording ? { recording } : {}),
  })
  keepCall(world, call)
  const body = callJson(call, true)
  if (detection?.isAsync && !detection.callback) {
    const message = 'AsyncAmd without AsyncAmdStatusCallback: the result is told to nobody'
    world.debugger.warning('21262', message, { callSid: call.sid })
  }
  void dialOut(world, call, { ringSeconds: ringSeconds ?? RING_SECONDS, detection })
  return { status: 201, body }
}

/** `GET /Calls/{CA}.json`. */
export function fetchCall(world: World, path: string, sid: string): RestAnswer {
  const call = world.calls.get(sid)
  return call ? { status: 200, body: callJson(call) } : notFound(path)
}

/** `GET /Calls.json`. */
export function findCalls(world: World, query: URLSearchParams): RestAnswer {
  return { status: 200, body: listCalls(world, query) }
}

/** `POST /Calls/{CA}.json`: hang up, cancel, another document, other settings. */
export function updateCall(world: World, path: string, sid: string, form: Form): RestAnswer {
  const call = world.calls.get(sid)
  if (!call) return notFound(path)
  const source = sourceIn(form)
  if (isAnswer(source)) return source
  const callbacks = callbacksIn(form)
  if (isAnswer(callbacks)) return callbacks
  const timeLimit = numberIn(form, 'TimeLimit', 1, 86_400)
  if (isAnswer(timeLimit)) return timeLimit
  const status = form.get('Status')
  const refusal = status === null ? undefined : endCall(call, status)
  if (refusal) return refusal
  if (source && status === null) {
    const unable = whyNoRedirect(call, 'twiml' in source)
    if (unable) return unable
    call.voice = { ...call.voice, source }
    call.run(source)
  }
  if (callbacks) call.callbacks.settings = callbacks
  if (timeLimit !== undefined) call.limit(timeLimit)
  const fallbackUrl = form.get('FallbackUrl')
  if (fallbackUrl)
    call.voice = { ...call.voice, fallbackUrl, fallbackMethod: methodIn(form, 'FallbackMethod') }
  return { status: 200, body: callJson(call) }
}

function endCall(call: Call, status: string): RestAnswer | undefined {
  if (status !== 'completed' && status !== 'canceled') return problem(400, 20001, `Invalid Status: ${status}`)
  if (call.isOver) return problem(400, 21220, 'Call is not in-progress. Cannot redirect.')
  if (status === 'canceled' && call.isAnswered) {
    return problem(400, 21220, 'Call is in-progress. Only a queued or ringing call can be canceled.')
  }
  call.finish(call.isAnswered ? 'completed' : 'canceled', call.isAnswered ? 'other-side' : 'canceled')
  return undefined
}

/** Only a call in progress can be given another document ("Error 21220: Invalid call state"). */
function whyNoRedirect(call: Call, inline: boolean): RestAnswer | undefined {
  const refused = problem(400, 21220, 'Call is not in-progress. Cannot redirect.')
  const { switches, faults } = call.world
  if (call.isOver || !call.isAnswered) return refused
  if (faults.take('refuse-redirect', call)) return refused
  if (inline && call.stream && switches.inlineUpdateOnStream === 'refused') return refused
  return undefined
}
