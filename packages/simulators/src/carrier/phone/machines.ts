import type { Phone } from './phone.ts'

/** Tones that a machine on a phone makes, in Hz and ms. */
const BEEP = { hz: [1000], ms: 500 }
/** The called tone of a fax (ITU-T T.30). */
const FAX = { hz: [2100], ms: 3000 }
const HEIGHT = 8000
/** Longest message a voicemail takes. */
const MESSAGE_MS = 60_000

/** Tones sounding together, at 8 kHz. */
export function toneOf(hz: readonly number[], ms: number): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, index) =>
    hz.reduce((sum, one) => sum + (HEIGHT / hz.length) * Math.sin((2 * Math.PI * one * index) / 8000), 0),
  )
}

/** Speaks its greeting, sounds its tone and records until the caller hangs up or the message is too long. */
export async function beVoicemail(phone: Phone, greeting: string, messageMs = MESSAGE_MS): Promise<void> {
  await phone.say(greeting)
  await phone.play(toneOf(BEEP.hz, BEEP.ms))
  phone.beginMessage()
  const end = phone.ms + messageMs
  await phone.waitUntil(end, messageMs + 5000).catch(() => {})
  phone.hangUp()
}

/** Answers as a fax does, waits for the other fax and gives up. */
export async function beFax(phone: Phone): Promise<void> {
  await phone.play(toneOf(FAX.hz, FAX.ms))
  await phone.waitForEnd(30_000).catch(() => phone.hangUp())
}
