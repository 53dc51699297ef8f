import { type Channel, channelOf, Envelope, Fault } from '@toritsugi/contracts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The largest message that is sent or taken, bytes: NATS' own default. */
export const maxMessageBytes = 1_048_576

/** The subject of a fact, derived from its channel: never written by hand. */
export function subjectOf(envelope: Envelope): string {
  const channel = channelOf(envelope.type)
  if (channel === undefined) {
    throw new Fault('bus.malformed', { detail: `there is no channel for ${envelope.type}` })
  }
  return envelope.subject === undefined
    ? `platform.v1.${channel.family}`
    : `calls.v1.${envelope.subject}.${channel.family}`
}

/**
 * Writes an envelope out.
 * @throws Fault `bus.malformed` when it does not fit its schema or is too large
 */
export function encodeEnvelope(envelope: Envelope, options: { checked: boolean }): Uint8Array {
  if (!options.checked) checkEnvelope(envelope)
  const bytes = encoder.encode(JSON.stringify(envelope))
  if (bytes.length > maxMessageBytes - 4096) {
    throw new Fault('bus.malformed', { detail: `${envelope.type} is too large (${bytes.length} bytes)` })
  }
  return bytes
}

/** A message of the bus, read: a known fact, a type this version does not know, or not a fact at all. */
export type Decoded =
  | { is: 'fact'; envelope: Envelope; channel: Channel }
  | { is: 'unknown'; type: string }
  | { is: 'poison'; reason: string }

/** Reads an envelope and checks its data by the schema of its channel. Never throws. */
export function decodeEnvelope(data: Uint8Array): Decoded {
  const json = decodeJson(data)
  if (!json.ok) return { is: 'poison', reason: json.reason }
  const envelope = Envelope.safeParse(json.value)
  if (!envelope.success) return { is: 'poison', reason: `envelope: ${issuesOf(envelope.error)}` }
  const channel = channelOf(envelope.data.type)
  if (channel === undefined) return { is: 'unknown', type: envelope.data.type }
  const fact = channel.schema.safeParse(envelope.data.data)
  if (!fact.success) return { is: 'poison', reason: `${envelope.data.type}: ${issuesOf(fact.error)}` }
  return {
    is: 'fact',
    channel,
    envelope: { ...envelope.data, data: fact.data as Record<string, unknown> },
  }
}

/** Reads JSON of bounded size. */
export function decodeJson(data: Uint8Array): { ok: true; value: unknown } | { ok: false; reason: string } {
  if (data.length > maxMessageBytes) return { ok: false, reason: `too large: ${data.length} bytes` }
  try {
    return { ok: true, value: JSON.parse(decoder.decode(data)) }
  } catch {
    return { ok: false, reason: 'not JSON in UTF-8' }
  }
}

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** Where and why, without the values: they may be private. */
export function issuesOf(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || '(whole)'}: ${issue.message}`)
    .join('; ')
}

function checkEnvelope(envelope: Envelope): void {
  const checked = Envelope.safeParse(envelope)
  if (!checked.success) throw new Fault('bus.malformed', { detail: issuesOf(checked.error) })
  const channel = channelOf(envelope.type)
  if (channel === undefined) {
    throw new Fault('bus.malformed', { detail: `there is no channel for ${envelope.type}` })
  }
  const fact = channel.schema.safeParse(envelope.data)
  if (!fact.success) {
    throw new Fault('bus.malformed', { detail: `${envelope.type}: ${issuesOf(fact.error)}` })
  }
}
