/** Tokens of one piece of a prompt or an answer, by kind. */
export type Tokens = { text: number; audio: number; image: number }

/** One piece of a prompt. The same key in the same place as in the last prompt is read from the cache. */
export type PromptPart = { key: string; tokens: Tokens }

export type Usage = {
  total_tokens: number
  input_tokens: number
  output_tokens: number
  input_token_details: {
    text_tokens: number
    audio_tokens: number
    image_tokens: number
    cached_tokens: number
    cached_tokens_details: { text_tokens: number; audio_tokens: number; image_tokens: number }
  }
  output_token_details: { text_tokens: number; audio_tokens: number }
}

export const NO_TOKENS: Tokens = { text: 0, audio: 0, image: 0 }

/** The service caches prompts in blocks of this many tokens. */
const CACHE_BLOCK = 64

const IMAGE_TOKENS = 85

/** Tokens of a text: one per kana, kanji or hangul, one per four other characters. */
export function textTokens(text: string): number {
  let wide = 0
  let narrow = 0
  for (const character of text) {
    if (/[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]/.test(character)) wide += 1
    else narrow += 1
  }
  return wide + Math.ceil(narrow / 4)
}

/** User audio: "1 token per 100 ms of audio" (Managing costs, Realtime API guide). */
export function callerAudioTokens(ms: number): number {
  return Math.ceil(ms / 100)
}

/** Assistant audio: "1 token per 50 ms of audio" (Managing costs, Realtime API guide). */
export function assistantAudioTokens(ms: number): number {
  return Math.ceil(ms / 50)
}

export function imageTokens(): Tokens {
  return { text: 0, audio: 0, image: IMAGE_TOKENS }
}

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return { text: a.text + b.text, audio: a.audio + b.audio, image: a.image + b.image }
}

/**
 * Usage of one response: the whole prompt is counted again each time; the part that is equal to the start of
 * the previous prompt is cached, in whole blocks, taken from its beginning.
 */
export function usageOf(prompt: readonly PromptPart[], before: readonly PromptPart[], output: Tokens): Usage {
  const input = prompt.reduce((sum, part) => addTokens(sum, part.tokens), NO_TOKENS)
  const same = commonStart(prompt, before)
  const known = same.reduce((sum, part) => sum + count(part.tokens), 0)
  const cached = takeTokens(same, known - (known % CACHE_BLOCK))
  const inputTokens = count(input)
  const outputTokens = output.text + output.audio
  return {
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: input.image,
      cached_tokens: count(cached),
      cached_tokens_details: {
        text_tokens: cached.text,
        audio_tokens: cached.audio,
        image_tokens: cached.image,
      },
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  }
}

function commonStart(prompt: readonly PromptPart[], before: readonly PromptPart[]): readonly PromptPart[] {
  let length = 0
  while (length < prompt.length && prompt[length]?.key === before[length]?.key) length += 1
  return prompt.slice(0, length)
}

function takeTokens(parts: readonly PromptPart[], wanted: number): Tokens {
  let left = wanted
  let taken = NO_TOKENS
  for (const { tokens } of parts) {
    const text = Math.min(left, tokens.text)
    const audio = Math.min(left - text, tokens.audio)
    const image = Math.min(left - text - audio, tokens.image)
    taken = addTokens(taken, { text, audio, image })
    left -= text + audio + image
  }
  return taken
}

function count(tokens: Tokens): number {
  return tokens.text + tokens.audio + tokens.image
}
