import type { Tokens } from '@toritsugi/contracts'

export const noTokens: Tokens = {
  textIn: 0,
  textInCached: 0,
  audioIn: 0,
  audioInCached: 0,
  imageIn: 0,
  imageInCached: 0,
  textOut: 0,
  audioOut: 0,
}

type Json = Readonly<Record<string, unknown>>

/**
 * Tokens by kind of a `response.done`; null when the model gave no usage. What it does not break down by kind is
 * taken as text, the cheaper one.
 */
export function tokensOfResponse(usage: unknown): Tokens | null {
  if (!isObject(usage)) return null
  const into = objectAt(usage, 'input_token_details')
  const cached = objectAt(into, 'cached_tokens_details')
  const out = objectAt(usage, 'output_token_details')
  const audioIn = count(into.audio_tokens)
  const imageIn = count(into.image_tokens)
  const audioOut = count(out.audio_tokens)
  const textIn = 'text_tokens' in into ? count(into.text_tokens) : rest(usage.input_tokens, audioIn + imageIn)
  const audioInCached = Math.min(count(cached.audio_tokens), audioIn)
  const imageInCached = Math.min(count(cached.image_tokens), imageIn)
  const textCached =
    'text_tokens' in cached
      ? count(cached.text_tokens)
      : rest(into.cached_tokens, audioInCached + imageInCached)
  return {
    textIn,
    textInCached: Math.min(textCached, textIn),
    audioIn,
    audioInCached,
    imageIn,
    imageInCached,
    textOut: 'text_tokens' in out ? count(out.text_tokens) : rest(usage.output_tokens, audioOut),
    audioOut,
  }
}

/** The same for an input transcription, which some models bill by seconds; null when there is no usage. */
export function usageOfTranscription(usage: unknown): { tokens: Tokens; seconds: number | null } | null {
  if (!isObject(usage)) return null
  if (usage.type === 'duration') {
    const { seconds } = usage
    return typeof seconds === 'number' && seconds >= 0 ? { tokens: noTokens, seconds } : null
  }
  const into = objectAt(usage, 'input_token_details')
  const textIn = count(into.text_tokens)
  const tokens = {
    ...noTokens,
    textIn,
    audioIn: 'audio_tokens' in into ? count(into.audio_tokens) : rest(usage.input_tokens, textIn),
    textOut: count(usage.output_tokens),
  }
  return { tokens, seconds: null }
}

const audioInTokenMs = 100
const audioOutTokenMs = 50

/**
 * What a response cost at the least, when its usage never came: its own audio, by OpenAI's rates ("Managing
 * costs": 1 token per 100 ms of the user's audio, 1 per 50 ms of the assistant's) and its text.
 */
export function estimateTokens(heard: { callerMs: number; assistantMs: number; textLength: number }): Tokens {
  return {
    ...noTokens,
    audioIn: Math.ceil(heard.callerMs / audioInTokenMs),
    audioOut: Math.ceil(heard.assistantMs / audioOutTokenMs),
    textOut: Math.ceil(heard.textLength / 3),
  }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
const objectAt = (of: Json, key: string): Json => (isObject(of[key]) ? (of[key] as Json) : {})
/** More than any response can have; a figure beyond it is nonsense and counts as none. */
const mostTokens = 1e9
const count = (value: unknown): number =>
  typeof value === 'number' && value > 0 && value <= mostTokens ? Math.round(value) : 0
const rest = (total: unknown, known: number): number => Math.max(0, count(total) - known)
