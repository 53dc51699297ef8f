import type { Call } from '../call.ts'
import { rfc2822 } from '../core/dates.ts'

const SUBRESOURCES = {
  recordings: 'Recordings',
  notifications: 'Notifications',
  events: 'Events',
  payments: 'Payments',
  siprec: 'Siprec',
  streams: 'Streams',
  transcriptions: 'Transcriptions',
  user_defined_messages: 'UserDefinedMessages',
  user_defined_message_subscriptions: 'UserDefinedMessageSubscriptions',
} as const

/** A call as the API shows it ("Call resource: properties"). `isNew`: right after its creation. */
export function callJson(call: Call, isNew = false): Record<string, unknown> {
  const base = `/2010-04-01/Accounts/${call.world.account.sid}/Calls/${call.sid}`
  return {
    sid: call.sid,
    account_sid: call.world.account.sid,
    api_version: '2010-04-01',
    date_created: isNew ? null : rfc2822(call.createdAt),
    date_updated: isNew ? null : rfc2822(call.updatedAt),
    parent_call_sid: null,
    to: call.to,
    to_formatted: formatted(call.to),
    from: call.from,
    from_formatted: formatted(call.from),
    phone_number_sid: call.phoneNumberSid ?? null,
    status: call.status,
    start_time: call.startedAt ? rfc2822(call.startedAt) : null,
    end_time: call.endedAt ? rfc2822(call.endedAt) : null,
    duration: call.endedAt ? String(call.seconds) : null,
    price: null,
    price_unit: 'USD',
    direction: call.direction,
    answered_by: call.answeredBy ?? null,
    annotation: null,
    forwarded_from: null,
    group_sid: null,
    caller_name: call.direction === 'inbound' ? '' : null,
    queue_time: String(call.queuedMs),
    trunk_sid: '',
    uri: `${base}.json`,
    subresource_uris: Object.fromEntries(
      Object.entries(SUBRESOURCES).map(([key, name]) => [key, `${base}/${name}.json`]),
    ),
  }
}

function formatted(number: string): string {
  const [, area, exchange, line] = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number) ?? []
  return area ? `(${area}) ${exchange}-${line}` : number
}
