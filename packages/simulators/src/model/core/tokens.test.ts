import { describe, expect, it } from 'vitest'
import { assistantAudioTokens, callerAudioTokens, type PromptPart, textTokens, usageOf } from './tokens.ts'

const part = (key: string, text: number, audio = 0): PromptPart => ({
  key,
  tokens: { text, audio, image: 0 },
})

describe('usage', () => {
  it('counts a caller at one token for 100 ms and the assistant at one for 50 ms', () => {
    expect(callerAudioTokens(1300)).toBe(13)
    expect(callerAudioTokens(1301)).toBe(14)
    expect(assistantAudioTokens(4550)).toBe(91)
  })

  it('counts kana and kanji one by one and other characters by four', () => {
    expect(textTokens('取次')).toBe(2)
    expect(textTokens('twelve chars')).toBe(3)
    expect(textTokens('')).toBe(0)
  })

  it('adds up prompt and answer by kind', () => {
    const usage = usageOf([part('head', 119), part('a', 0, 13)], [], { text: 30, audio: 91, image: 0 })
    expect(usage).toEqual({
      total_tokens: 253,
      input_tokens: 132,
      output_tokens: 121,
      input_token_details: {
        text_tokens: 119,
        audio_tokens: 13,
        image_tokens: 0,
        cached_tokens: 0,
        cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
      },
      output_token_details: { text_tokens: 30, audio_tokens: 91 },
    })
  })

  it('reads the equal start of the last prompt from the cache, in blocks of 64', () => {
    const before = [part('head', 100), part('a', 0, 40)]
    const now = [...before, part('b', 0, 50)]
    const { input_token_details: details } = usageOf(now, before, { text: 0, audio: 0, image: 0 })
    expect(details).toMatchObject({ text_tokens: 100, audio_tokens: 90, cached_tokens: 128 })
    expect(details.cached_tokens_details).toEqual({ text_tokens: 100, audio_tokens: 28, image_tokens: 0 })
  })

  it('caches nothing behind a changed part', () => {
    const before = [part('head', 100), part('a:0', 0, 40), part('b', 64)]
    const now = [part('head', 100), part('a:1', 0, 10), part('b', 64)]
    expect(usageOf(now, before, { text: 0, audio: 0, image: 0 }).input_token_details.cached_tokens).toBe(64)
  })
})
