import type { TwimlElement } from '../twiml/parse.ts'

/** What one `<Gather>` listens for; times in ms. */
export type GatherSettings = {
  takesKeys: boolean
  takesSpeech: boolean
  /** Without input after the prompt, and between keys. */
  timeoutMs: number
  /** Silence that ends speech. */
  speechTimeoutMs: number
  numDigits: number
  /** Empty: every key is data. */
  finishOnKey: string
  language: string
  bargeIn: boolean
  filtersProfanity: boolean
}

/** A code and a text for the debugger. */
export type GatherWarning = readonly [code: string, message: string]

const TIMEOUT_MS = 5000
/** `speechTimeout="auto"`: a pause that ends a sentence. */
const AUTO_MS = 1000
const HINTS = { count: 500, length: 100 }
const MODELS =
  /^(default|numbers_and_commands|phone_call|experimental_(conversations|utterances)|googlev2_\w+|deepgram_nova-[23](-\w+)?)$/

/** Reads the attributes ("TwiML Gather: attributes"). `refused`: the verb cannot run at all. */
export function gatherSettings({ attributes }: TwimlElement): {
  settings: GatherSettings
  warnings: GatherWarning[]
  refused: boolean
} {
  const { input = 'dtmf', timeout, speechTimeout, numDigits, finishOnKey = '#' } = attributes
  const timeoutMs = /^\d+$/.test(timeout ?? '') ? Number(timeout) * 1000 : TIMEOUT_MS
  const settings: GatherSettings = {
    takesKeys: input.includes('dtmf'),
    takesSpeech: input.includes('speech'),
    timeoutMs,
    speechTimeoutMs:
      speechTimeout === 'auto'
        ? AUTO_MS
        : speechTimeout === undefined
          ? timeoutMs
          : Number(speechTimeout) * 1000,
    numDigits: numDigits === undefined ? Number.POSITIVE_INFINITY : Number(numDigits),
    finishOnKey,
    language: attributes.language ?? 'en-US',
    bargeIn: attributes.bargeIn !== 'false',
    filtersProfanity: attributes.profanityFilter !== 'false',
  }
  const warnings = warningsOf(attributes)
  return { settings, warnings, refused: warnings.some(([code]) => code === '13334') }
}

function warningsOf(attributes: TwimlElement['attributes']): GatherWarning[] {
  const { speechModel, speechTimeout, hints = '' } = attributes
  const warnings: GatherWarning[] = []
  if (speechModel !== undefined && !MODELS.test(speechModel)) {
    warnings.push(['13334', `Gather: Invalid model value ${speechModel}`])
  }
  if (speechModel !== undefined && speechTimeout === 'auto') {
    warnings.push(['13335', 'Gather: speechTimeout="auto" cannot be used together with speechModel'])
  }
  const named = hints.split(',').map((hint) => hint.trim())
  if (named.length > HINTS.count || named.some((hint) => hint.length > HINTS.length)) {
    warnings.push(['12200', `Gather: hints are at most ${HINTS.count}, each of ${HINTS.length} characters`])
  }
  return warnings
}
