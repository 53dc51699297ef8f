import { describe, expect, it } from 'vitest'
import { classifyClose, classifyError, classifyStatus } from './model-errors.ts'

describe('errors', () => {
  const error = (code: string | null, over = {}) => ({
    type: 'invalid_request_error',
    code,
    message: '',
    param: null,
    eventId: null,
    ...over,
  })
  it.each([
    ['benign', error('response_cancel_not_active')],
    ['benign', error('item_truncate_invalid_item_id')],
    ['benign', error('input_audio_buffer_commit_empty')],
    ['benign', error('invalid_value', { message: 'Audio content of 800ms is already shorter than 900ms' })],
    ['busy', error('conversation_already_has_active_response')],
    ['fatal', error('invalid_api_key')],
    ['fatal', error('insufficient_quota')],
    ['retry', error('session_expired')],
    ['retry', error(null, { type: 'server_error' })],
    ['odd', error('unknown_parameter')],
    ['odd', error(null)],
  ])('%s: %o', (kind, given) => {
    expect(classifyError(given)).toBe(kind)
  })
  it.each([
    [3000, 'invalid_request_error.invalid_api_key', 'fatal'],
    [4004, 'invalid_request_error.model_not_found', 'fatal'],
    [1001, 'Your session hit the maximum duration of 60 minutes.', 'retry'],
    [1006, '', 'retry'],
    [1011, 'x.insufficient_quota', 'fatal'],
  ])('close %i %s is %s', (code, reason, kind) => {
    expect(classifyClose(code, reason)).toBe(kind)
  })
  it.each([
    [401, 'fatal'],
    [404, 'fatal'],
    [429, 'retry'],
    [503, 'retry'],
  ])('HTTP %i is %s', (status, kind) => {
    expect(classifyStatus(status)).toBe(kind)
  })
})
