import type VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js'

type SayLanguage = NonNullable<VoiceResponse.SayAttributes['language']>
type SayVoice = NonNullable<VoiceResponse.SayAttributes['voice']>

const voices: Readonly<Record<string, SayVoice>> = {
  'ja-JP': 'Polly.Kazuha-Neural',
  'en-US': 'Polly.Joanna-Neural',
  'en-GB': 'Polly.Amy-Neural',
  'de-DE': 'Polly.Vicki-Neural',
  'fr-FR': 'Polly.Lea-Neural',
  'es-ES': 'Polly.Lucia-Neural',
  'ko-KR': 'Polly.Seoyeon-Neural',
}

/** How `<Say>` is told to speak a language; one without a voice of ours gets the carrier's own for it. */
export function sayAttributes(language: string): { language: SayLanguage; voice?: SayVoice } {
  const voice = voices[language]
  return {
    // The SDK lists the languages it knew of when it was made; the carrier takes more.
    language: language as SayLanguage,
    ...(voice === undefined ? {} : { voice }),
  }
}
