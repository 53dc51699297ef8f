import type { JsonObject } from '../protocol/shape.ts'
import type { ChatTraits } from './chat-models.ts'
import { badRequest, notSimulated, type Refusal } from './refusal.ts'

/** `reasoning_effort` when none is given. */
export const REASONING_DEFAULT: Readonly<Record<ChatTraits['reasoning'], string>> = {
  never: 'none',
  optional: 'none',
  always: 'medium',
}

/** Sampling parameters and the one value that a thinking model takes of each. */
const FIXED: Readonly<Record<string, unknown>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

/** What is wrong with parameters that are each well-formed: for this model, or beside each other. */
export function parametersRefusal(body: JsonObject, traits: ChatTraits): Refusal | null {
  return beside(body) ?? unsimulated(body) ?? forModel(body, traits)
}

function beside(body: JsonObject): Refusal | null {
  if (body.stream_options != null && body.stream !== true)
    return badRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    )
  if (body.metadata != null && body.store !== true)
    return badRequest("The 'metadata' parameter is only allowed when 'store' is enabled.", 'metadata')
  if (body.max_tokens != null && body.max_completion_tokens != null) {
    return badRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
      'invalid_parameter_combination',
    )
  }
  if (body.top_logprobs != null && body.logprobs !== true)
    return badRequest(
      "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
      'top_logprobs',
    )
  return null
}

function unsimulated(body: JsonObject): Refusal | null {
  if (typeof body.n === 'number' && body.n > 1) return notSimulated('more than one choice', 'n')
  if (body.logprobs === true) return notSimulated('logprobs', 'logprobs')
  if (Array.isArray(body.modalities) && body.modalities.includes('audio'))
    return notSimulated('audio out of a chat', 'modalities')
  for (const name of ['functions', 'function_call', 'audio', 'prediction', 'web_search_options'])
    if (body[name] != null) return notSimulated(name, name)
  return null
}

function forModel(body: JsonObject, traits: ChatTraits): Refusal | null {
  const { reasoning, maxOutputTokens } = traits
  const effort = body.reasoning_effort ?? REASONING_DEFAULT[reasoning]
  if (reasoning === 'never' && body.reasoning_effort != null)
    return badRequest('Unrecognized request argument supplied: reasoning_effort')
  if (reasoning !== 'never' && body.max_tokens != null) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    return badRequest(message, 'max_tokens', 'unsupported_parameter')
  }
  if (reasoning === 'always' && effort === 'none')
    return badRequest(
      "Unsupported value: 'reasoning_effort' does not support 'none' with this model.",
      'reasoning_effort',
      'unsupported_value',
    )
  const refusal = reasoning !== 'never' && effort !== 'none' ? whileThinking(body) : null
  if (refusal) return refusal
  const max = body.max_completion_tokens ?? body.max_tokens
  if (typeof max !== 'number' || max <= maxOutputTokens) return null
  const message =
    `max_tokens is too large: ${max}. This model supports at most ${maxOutputTokens} completion tokens, ` +
    `whereas you provided ${max}.`
  return badRequest(message, 'max_tokens', 'invalid_value')
}

function whileThinking(body: JsonObject): Refusal | null {
  for (const [name, only] of Object.entries(FIXED)) {
    if (body[name] == null || body[name] === only) continue
    const message =
      `Unsupported value: '${name}' does not support ${String(body[name])} with this model. ` +
      `Only the default (${String(only)}) value is supported.`
    return badRequest(message, name, 'unsupported_value')
  }
  if (body.stop == null) return null
  return badRequest(
    "Unsupported parameter: 'stop' is not supported with this model.",
    'stop',
    'unsupported_parameter',
  )
}
