import type { Fields } from '../mutation/form-mutations.ts'

export type WebhookSample = { path: string; fields: Fields }

/**
 * The carrier's webhooks about one inbound call, by "TwiML Voice: Twilio's Request to Your Application", "Stream:
 * Status Callbacks" and "Record".
 */
export function webhookSamples(call: {
  accountSid: string
  callSid: string
  callId: string
  to: string
}): WebhookSample[] {
  const { accountSid, callSid, callId, to } = call
  const common: Fields = [
    ['CallSid', callSid],
    ['AccountSid', accountSid],
    ['From', '+819012345678'],
    ['To', to],
    ['Direction', 'inbound'],
    ['ApiVersion', '2010-04-01'],
    ['CallerCountry', 'JP'],
  ]
  const of = (path: string, ...more: Fields): WebhookSample => ({ path, fields: [...common, ...more] })
  const calls = `/api/twilio/calls/${callId}`
  return [
    of('/api/twilio/voice', ['CallStatus', 'ringing']),
    of(`${calls}/continue?epoch=1`, ['CallStatus', 'in-progress']),
    of(`${calls}/continue?epoch=2`, ['CallStatus', 'in-progress']),
    of(
      `${calls}/stream-status?epoch=1`,
      ['StreamSid', `MZ${'3'.repeat(32)}`],
      ['StreamEvent', 'stream-started'],
    ),
    of(
      `${calls}/stream-status?epoch=1`,
      ['StreamSid', `MZ${'3'.repeat(32)}`],
      ['StreamEvent', 'stream-stopped'],
    ),
    of(
      `${calls}/stream-status?epoch=1`,
      ['StreamSid', `MZ${'3'.repeat(32)}`],
      ['StreamEvent', 'stream-error'],
      ['StreamError', 'Stream was closed.'],
      ['Timestamp', '2026-11-21T09:00:00.000Z'],
    ),
    of(
      `${calls}/message`,
      ['CallStatus', 'in-progress'],
      ['RecordingSid', `RE${'4'.repeat(32)}`],
      ['RecordingUrl', 'https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/RE'],
      ['RecordingDuration', '12'],
    ),
    of(
      '/api/twilio/status',
      ['CallStatus', 'completed'],
      ['CallDuration', '31'],
      ['SequenceNumber', '3'],
      ['Timestamp', 'Sat, 21 Nov 2026 09:00:31 +0000'],
    ),
    of(`${calls}/status`, ['CallStatus', 'in-progress'], ['SequenceNumber', '1']),
  ]
}
