import type { ModelError } from './server-events.ts'

/**
 * What an error of the model means for the call. `benign`: a race that both sides may lose, nothing is wrong.
 * `busy`: a response was asked for while one is active. `odd`: one event of ours was refused, the session goes
 * on. `retry`: this session is lost, another may do. `fatal`: another would fail in the same way.
 */
export type ErrorClass = 'benign' | 'busy' | 'odd' | 'retry' | 'fatal'

const benign = new Set([
  'response_cancel_not_active',
  'input_audio_buffer_commit_empty',
  'item_truncate_invalid_item_id',
  'item_delete_invalid_item_id',
  'item_retrieve_invalid_item_id',
  'item_create_duplicate_item_id',
])
const fatal = new Set([
  'invalid_api_key',
  'missing_model',
  'invalid_model',
  'model_not_found',
  'beta_api_shape_disabled',
  'insufficient_quota',
])
const retry = new Set(['session_expired', 'rate_limit_exceeded', 'server_error'])

/** Sorts an `error` event ("Realtime API: error", and what the live service was seen to send). */
export function classifyError({ code, message, type }: ModelError): ErrorClass {
  if (code === 'conversation_already_has_active_response') return 'busy'
  if (code !== null && benign.has(code)) return 'benign'
  if (code !== null && fatal.has(code)) return 'fatal'
  // "Audio content of Xms is already shorter than Yms": the cut lies behind the end.
  if (message.includes('already shorter than')) return 'benign'
  if ((code !== null && retry.has(code)) || type === 'server_error') return 'retry'
  return 'odd'
}

/** Sorts the end of the model's socket, by code and reason of its close frame. */
export function classifyClose(code: number, reason: string): 'retry' | 'fatal' {
  const named = reason.split('.').at(-1) ?? ''
  if (fatal.has(named)) return 'fatal'
  return code === 3000 || code === 4000 || code === 4004 ? 'fatal' : 'retry'
}

/** Sorts an upgrade that was answered by HTTP instead of 101. */
export function classifyStatus(status: number): 'retry' | 'fatal' {
  return status === 408 || status === 409 || status === 429 || status >= 500 ? 'retry' : 'fatal'
}
