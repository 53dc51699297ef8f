import { z } from 'zod'

/**
 * Ids are a short prefix, an underscore and 32 hexadecimal digits, so that an id found alone in a log says
 * what it names, and is safe as one token of a NATS subject and as one segment of a path.
 */
const id = <const Prefix extends string, const Brand extends string>(prefix: Prefix, brand: Brand) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-f]{32}$`),
      `must be an id like ${prefix}_0123456789abcdef0123456789abcdef`,
    )
    .brand(brand)
    .meta({ id: brand })

export const CallId = id('call', 'CallId')
export const LegId = id('leg', 'LegId')
export const TurnId = id('turn', 'TurnId')
export const EventId = id('evt', 'EventId')
export const AssistantId = id('asst', 'AssistantId')
export const ContactId = id('ctc', 'ContactId')
export const NumberId = id('num', 'NumberId')
export const ApiKeyId = id('key', 'ApiKeyId')
export const DeskId = id('desk', 'DeskId')
export const MessageId = id('msg', 'MessageId')

export type CallId = z.infer<typeof CallId>
export type LegId = z.infer<typeof LegId>
export type TurnId = z.infer<typeof TurnId>
export type EventId = z.infer<typeof EventId>
export type AssistantId = z.infer<typeof AssistantId>
export type ContactId = z.infer<typeof ContactId>
export type NumberId = z.infer<typeof NumberId>
export type ApiKeyId = z.infer<typeof ApiKeyId>
export type DeskId = z.infer<typeof DeskId>
export type MessageId = z.infer<typeof MessageId>

type Ids = {
  call: CallId
  leg: LegId
  turn: TurnId
  evt: EventId
  asst: AssistantId
  ctc: ContactId
  num: NumberId
  key: ApiKeyId
  desk: DeskId
  msg: MessageId
}

/** A new random id (122 random bits) with the given prefix. For the shell only: a core gets its ids inside events. */
export function newId<Prefix extends keyof Ids>(prefix: Prefix): Ids[Prefix] {
  return `${prefix}_${globalThis.crypto.randomUUID().replaceAll('-', '')}` as Ids[Prefix]
}

/** Twilio's ids: two letters and 32 hexadecimal digits ("Call Resource", "TwiML Voice: Stream"). */
export const CarrierCallId = z.string().regex(/^CA[0-9a-f]{32}$/, 'must be a CallSid (CA…)')
export const CarrierStreamId = z.string().regex(/^MZ[0-9a-f]{32}$/, 'must be a StreamSid (MZ…)')

/** Which stream of a call this is: 1 for the first; a higher one wins over a lower one. */
export const Epoch = z.number().int().min(1).max(1_000_000)

/** A telephone number, masked for stored subjects and logs: country code, dots, last two digits. */
export const MaskedNumber = z
  .string()
  .max(40)
  .meta({ id: 'MaskedNumber', examples: ['+81••••••••78'] })

/** A telephone number in E.164. Never on a stored subject. */
export const E164 = z.string().regex(/^\+[1-9][0-9]{6,14}$/, 'must be a number in E.164, like +81312345678')

/** A point in time, RFC 3339 with milliseconds, UTC. */
export const Instant = z.iso.datetime({ precision: 3 }).meta({ id: 'Instant' })

/** A length of time in whole milliseconds. */
export const Ms = z.number().int().min(0)

/** A BCP 47 language tag, like ja-JP. */
export const Language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag like ja-JP')
