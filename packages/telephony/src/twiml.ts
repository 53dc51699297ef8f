import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js'
import { sayAttributes } from './voices.ts'

/** What a `text/xml` answer to a voice webhook holds. */
export type Twiml = string

/** The content type of every document here. */
export const twimlType = 'text/xml; charset=utf-8'

/** `<Parameter>`: name and value together must stay below this (Twilio, "TwiML Voice: Stream"). */
export const parameterLimit = 500

export type ConnectStream = {
  /** Asked for when the stream is over, and once more by `<Redirect>` should the carrier go on past it. */
  continueUrl: string
  /** `wss://` without a query: the carrier drops queries of streams. */
  streamUrl: string
  /** Told of stream-started, stream-stopped, stream-error. */
  statusCallbackUrl: string
  /** Reach the socket in `start.customParameters`. */
  parameters: Readonly<Record<string, string>>
}

/**
 * Opens a two-way media stream (Twilio, "TwiML Voice: Connect", "… Stream"). Addresses are absolute.
 * @throws RangeError when a parameter is too long for the carrier, or the stream's address has a query
 */
export function connectStreamTwiml(stream: ConnectStream): Twiml {
  if (stream.streamUrl.includes('?')) throw new RangeError('the address of a stream cannot have a query')
  const response = new VoiceResponse()
  const connect = response.connect({ action: stream.continueUrl, method: 'POST' })
  const noun = connect.stream({
    url: stream.streamUrl,
    statusCallback: stream.statusCallbackUrl,
    statusCallbackMethod: 'POST',
  })
  for (const [name, value] of Object.entries(stream.parameters)) {
    if (name.length + value.length >= parameterLimit) {
      throw new RangeError(`the stream parameter ${name} is too long for the carrier`)
    }
    noun.parameter({ name, value })
  }
  response.redirect({ method: 'POST' }, stream.continueUrl)
  return response.toString()
}

/** Ends the call. */
export function hangUpTwiml(): Twiml {
  const response = new VoiceResponse()
  response.hangup()
  return response.toString()
}

/** Nothing to do: for a call that is over. On a live call the end of a document hangs up. */
export function emptyTwiml(): Twiml {
  return new VoiceResponse().toString()
}

/** Speaks, then ends the call. */
export function sayAndHangUpTwiml(speech: { text: string; language: string }): Twiml {
  const response = new VoiceResponse()
  response.say(sayAttributes(speech.language), speakable(speech.text))
  response.hangup()
  return response.toString()
}

export type TakeMessage = {
  /** Spoken before the tone. */
  apology: string
  apologyLanguage: string
  /** Asked for with the recording; not at all when the caller said nothing. */
  recordedUrl: string
  /** Spoken when nothing was recorded. */
  goodbye: string
  goodbyeLanguage: string
  /** Longest message, s. */
  maxSeconds: number
}

/**
 * Says sorry and records a message (Twilio, "TwiML Voice: Record"). The silence after which the recording ends is
 * 5 s, as by default; `#` ends it too.
 */
export function takeMessageTwiml(message: TakeMessage): Twiml {
  const response = new VoiceResponse()
  response.say(sayAttributes(message.apologyLanguage), speakable(message.apology))
  response.record({
    action: message.recordedUrl,
    method: 'POST',
    maxLength: message.maxSeconds,
    timeout: 5,
    finishOnKey: '#',
    playBeep: true,
  })
  response.say(sayAttributes(message.goodbyeLanguage), speakable(message.goodbye))
  response.hangup()
  return response.toString()
}

/** Without what XML 1.0 cannot carry: one such character would have the carrier refuse the whole document. */
function speakable(text: string): string {
  return text.toWellFormed().replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
}
