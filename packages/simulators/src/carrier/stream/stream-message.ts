/** A message the server on the other end of a stream may send ("Media Streams WebSocket messages"). */
export type StreamMessage =
  | { event: 'media'; payload: Uint8Array }
  | { event: 'mark'; name: string }
  | { event: 'clear' }

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Reads a text frame strictly: the documented events with exactly their fields. A string says what is wrong
 * (warning 31951).
 */
export function readStreamMessage(text: string, streamSid: string): StreamMessage | string {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return 'The message is not JSON'
  }
  if (!isObject(message)) return 'The message is not a JSON object'
  const { event } = message
  if (event !== 'media' && event !== 'mark' && event !== 'clear')
    return `Unsupported event: ${JSON.stringify(event)}`
  if (message.streamSid !== streamSid) {
    return message.streamSid === undefined ? 'streamSid is missing' : 'streamSid is not that of this stream'
  }
  const wrong = unexpected(
    message,
    event === 'clear' ? ['event', 'streamSid'] : ['event', 'streamSid', event],
  )
  if (wrong) return wrong
  if (event === 'clear') return { event }
  const body = message[event]
  if (!isObject(body)) return `${event} is not an object`
  const field = event === 'media' ? 'payload' : 'name'
  const value = body[field]
  if (typeof value !== 'string') return `${event}.${field} is missing or not a string`
  const extra = unexpected(body, [field], `${event}.`)
  if (extra) return extra
  if (event === 'mark') return { event, name: value }
  if (!BASE64.test(value) || value.length % 4 === 1) return 'media.payload is not base64'
  return { event, payload: Buffer.from(value, 'base64') }
}

function unexpected(
  object: Record<string, unknown>,
  known: readonly string[],
  path = '',
): string | undefined {
  const field = Object.keys(object).find((name) => !known.includes(name))
  return field === undefined ? undefined : `Unexpected field: ${path}${field}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
