import type { CallId } from '@toritsugi/contracts'
import {
  connectStreamTwiml,
  emptyTwiml,
  hangUpTwiml,
  publicUrlOf,
  sayAndHangUpTwiml,
  streamUrlOf,
  type Twiml,
  takeMessageTwiml,
} from '@toritsugi/telephony'
import type { Next } from './core/continue.ts'
import { phrasesFor } from './core/phrases.ts'

/** Where the carrier is sent, for one call. The epoch in the address makes every repeat of a request harmless. */
export type CallAddresses = ReturnType<typeof callAddresses>

export function callAddresses(publicUrl: string, callId: CallId) {
  const of = (what: string) => publicUrlOf(publicUrl, `/api/twilio/calls/${callId}/${what}`)
  return {
    continueAfter: (epoch: number) => `${of('continue')}?epoch=${epoch}`,
    streamStatus: (epoch: number) => `${of('stream-status')}?epoch=${epoch}`,
    message: of('message'),
    stream: streamUrlOf(publicUrl, `/api/twilio/media-stream/${callId}`),
  }
}

/** What of a call its documents are made of. */
export type DocumentSubject = {
  callId: CallId
  epoch: number
  language: string
  /** The assistant's own apology; empty: ours. */
  apology: string
}

export type Documents = {
  /** @param token of the stream, for `stream` only */
  write(next: Next, subject: DocumentSubject, token: string | null): Twiml
  /** After a message was recorded. */
  thanks(language: string): Twiml
}

/** Writes what a call gets next as the carrier reads it. */
export function callDocuments(options: { publicUrl: string; messageMaxSeconds: number }): Documents {
  return {
    write(next, { callId, epoch, language, apology }, token) {
      const addresses = callAddresses(options.publicUrl, callId)
      const phrases = phrasesFor(language)
      switch (next.give) {
        case 'nothing':
          return emptyTwiml()
        case 'hang-up':
          return hangUpTwiml()
        case 'refusal':
          return sayAndHangUpTwiml({ text: phrases.refusal, language: phrases.language })
        case 'apology':
          return takeMessageTwiml({
            apology: apology === '' ? phrases.apology : apology,
            apologyLanguage: apology === '' ? phrases.language : language,
            goodbye: phrases.goodbye,
            goodbyeLanguage: phrases.language,
            recordedUrl: addresses.message,
            maxSeconds: options.messageMaxSeconds,
          })
        case 'stream': {
          if (token === null) throw new Error('a stream needs a token')
          return connectStreamTwiml({
            continueUrl: addresses.continueAfter(epoch),
            streamUrl: addresses.stream,
            statusCallbackUrl: addresses.streamStatus(epoch),
            parameters: { token },
          })
        }
      }
    },
    thanks(language) {
      const phrases = phrasesFor(language)
      return sayAndHangUpTwiml({ text: phrases.thanks, language: phrases.language })
    },
  }
}
