import type { Reply } from './core/brain.ts'
import { fullFormat } from './core/session-config.ts'
import { isObject, type JsonObject, type Problem } from './protocol/shape.ts'
import { contextOf } from './response-context.ts'
import { ResponseRun } from './response-run.ts'
import type { RealtimeSession } from './session.ts'

/** Out-of-band responses that may run beside each other. */
const RESPONSE_LIMIT = 16

/** `response.create`: one at a time in the default conversation, others out of band. */
export function createResponse(session: RealtimeSession, event: JsonObject): Problem | null {
  const asked = isObject(event.response) ? event.response : {}
  if (!session.isUpdated) {
    session.suspect('response-before-session-updated', 'A response was asked for before session.updated.')
  }
  const active = session.activeResponse
  if (asked.conversation !== 'none' && active) return alreadyActive(active.id)
  if (session.responses.size >= RESPONSE_LIMIT) {
    return {
      code: 'rate_limit_exceeded',
      message: 'Too many responses at once.',
      param: null,
    }
  }
  return respond(session, asked)
}

/** `response.cancel`: the named response, or the active one of the default conversation. */
export function cancelResponse(session: RealtimeSession, event: JsonObject): Problem | null {
  const { response_id: id } = event
  const run = typeof id === 'string' ? session.responses.get(id) : session.activeResponse
  if (!run) return NOTHING_TO_CANCEL
  run.cancel('client_cancelled')
  return null
}

const NOTHING_TO_CANCEL: Problem = {
  code: 'response_cancel_not_active',
  message: 'Cancellation failed: no active response found',
  param: null,
}

/** Only one response at a time runs in the default conversation. */
export function alreadyActive(responseId: string): Problem {
  return {
    code: 'conversation_already_has_active_response',
    message:
      `Conversation already has an active response in progress: ${responseId}. ` +
      'Wait until the response is finished before creating a new one.',
    param: null,
  }
}

/** Starts a response with the parameters of `response.create`; `{}` is what voice detection asks for. */
export function respond(session: RealtimeSession, asked: JsonObject): Problem | null {
  const { config } = session
  const context = contextOf(session, asked)
  if ('code' in context) return context
  const problem = voiceProblem(session, asked)
  if (problem) return problem
  const { random, faults, index, switches } = session.surroundings
  const outOfBand = asked.conversation === 'none'
  const output = isObject(asked.audio) && isObject(asked.audio.output) ? asked.audio.output : {}
  const modalities = Array.isArray(asked.output_modalities)
    ? asked.output_modalities
    : config.output_modalities
  const limit = asked.max_output_tokens ?? config.max_output_tokens
  session.idleDueMs = null
  session.responseCount += 1
  const run: ResponseRun = new ResponseRun(
    {
      id: random.id('resp'),
      outOfBand,
      conversationId: outOfBand ? null : session.conversationId,
      modality: modalities[0] === 'text' ? 'text' : 'audio',
      format: output.format === undefined ? config.audio.output.format : fullFormat(output.format),
      speed: config.audio.output.speed,
      voice: (output.voice ?? config.audio.output.voice) as string | JsonObject,
      maxOutputTokens: typeof limit === 'number' ? limit : 'inf',
      metadata: context.metadata,
      prompt: context.prompt,
      promptBefore: session.lastPrompt,
      reply: struckReply(session, context.reply),
      countsUsage: switches.usage === 'counted' && !faults.take('no-usage', index),
    },
    {
      conversation: session.conversation,
      random,
      send: (type, fields) => session.send(type, fields),
      spoke: () => spoke(session, outOfBand),
      lateDeltas: () => {
        const late = faults.take('late-deltas', index)
        return { count: late?.count ?? 0, afterDone: late?.afterDone ?? false }
      },
      done: () => responseDone(session, run),
    },
  )
  if (!outOfBand) session.lastPrompt = context.prompt
  session.responses.set(run.id, run)
  if (switches.rateLimits === 'at-start') sendRateLimits(session)
  run.start()
  strikeResponse(session, run)
  return null
}

function voiceProblem(session: RealtimeSession, asked: JsonObject): Problem | null {
  const output = isObject(asked.audio) && isObject(asked.audio.output) ? asked.audio.output : {}
  const current = session.config.audio.output.voice
  if (!session.spoke || output.voice === undefined) return null
  if (JSON.stringify(output.voice) === JSON.stringify(current)) return null
  return {
    code: 'cannot_update_voice',
    message: "Cannot update a conversation's voice if assistant audio is present.",
    param: 'response.audio.output.voice',
  }
}

function spoke(session: RealtimeSession, outOfBand: boolean): void {
  session.spoke = true
  if (outOfBand) return
  if (session.playedAtMs < session.input.clockMs) session.playedAtMs = session.input.clockMs
}

/** Frees the floor; the idle timeout counts from the end of the assistant's audio as it is played. */
function responseDone(session: RealtimeSession, run: ResponseRun): void {
  session.responses.delete(run.id)
  const { switches } = session.surroundings
  if (!run.request.outOfBand) {
    session.playedAtMs += run.audioMs
    const detection = session.config.audio.input.turn_detection
    if (
      detection?.type === 'server_vad' &&
      detection.idle_timeout_ms !== null &&
      !session.input.isSpeechOpen
    ) {
      session.idleDueMs = session.playedAtMs + detection.idle_timeout_ms
    }
  }
  if (switches.unknownEvents) session.send('response.mood.updated', { response_id: run.id, mood: 'calm' })
  if (switches.rateLimits === 'after-response') session.later(40, () => sendRateLimits(session))
}

function sendRateLimits(session: RealtimeSession): void {
  session.send('rate_limits.updated', {
    rate_limits: [
      { name: 'requests', limit: 5000, remaining: 4999, reset_seconds: 0.012 },
      { name: 'tokens', limit: 800_000, remaining: 795_000, reset_seconds: 0.375 },
    ],
  })
}

/** Faults that strike the nth response of a session: an error after a while, or an end half-way. */
function struckReply(session: RealtimeSession, reply: Reply): Reply {
  const { faults, index } = session.surroundings
  const cut = faults.take('cut-response', index, ({ response }) => isNth(session, response))
  if (!cut) return reply
  return { ...reply, ends: { status: 'incomplete', reason: cut.reason ?? 'content_filter' } }
}

function strikeResponse(session: RealtimeSession, run: ResponseRun): void {
  const { faults, index } = session.surroundings
  const failure = faults.take('fail-response', index, ({ response }) => isNth(session, response))
  if (!failure) return
  const { code = 'server_error', message = 'The server had an error while processing your request.' } =
    failure
  session.later(failure.afterMs ?? 0, () => run.fail(code, message))
}

function isNth(session: RealtimeSession, response: number | undefined): boolean {
  return response === undefined || response === session.responseCount
}
