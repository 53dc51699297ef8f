import { describe, expect, it } from 'vitest'
import { estimateTokens, noTokens, tokensOfResponse, usageOfTranscription } from './usage.ts'

describe('usage', () => {
  it('is read by kind', () => {
    expect(
      tokensOfResponse({
        total_tokens: 253,
        input_tokens: 132,
        output_tokens: 121,
        input_token_details: {
          text_tokens: 119,
          audio_tokens: 13,
          image_tokens: 0,
          cached_tokens: 64,
          cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
        },
        output_token_details: { text_tokens: 30, audio_tokens: 91 },
      }),
    ).toEqual({ ...noTokens, textIn: 119, textInCached: 64, audioIn: 13, textOut: 30, audioOut: 91 })
  })
  it.each([
    ['null', null, null],
    ['only totals', { input_tokens: 10, output_tokens: 5 }, { ...noTokens, textIn: 10, textOut: 5 }],
    [
      'more cached than there is',
      {
        input_token_details: { text_tokens: 5, cached_tokens_details: { text_tokens: 9 } },
      },
      { ...noTokens, textIn: 5, textInCached: 5 },
    ],
    [
      'nonsense',
      { input_token_details: { text_tokens: -3, audio_tokens: 'x' }, output_tokens: Number.NaN },
      noTokens,
    ],
  ])('with %s', (_story, usage, expected) => {
    expect(tokensOfResponse(usage)).toEqual(expected)
  })
  it('of a transcription comes in tokens or in seconds', () => {
    expect(usageOfTranscription({ type: 'duration', seconds: 2.5 })).toEqual({
      tokens: noTokens,
      seconds: 2.5,
    })
    expect(
      usageOfTranscription({
        type: 'tokens',
        input_tokens: 20,
        output_tokens: 22,
        input_token_details: { text_tokens: 4, audio_tokens: 16 },
      }),
    ).toEqual({ tokens: { ...noTokens, textIn: 4, audioIn: 16, textOut: 22 }, seconds: null })
    expect(usageOfTranscription(undefined)).toBeNull()
  })
  it('is estimated from what was said', () => {
    expect(estimateTokens({ callerMs: 250, assistantMs: 1010, textLength: 10 })).toEqual({
      ...noTokens,
      audioIn: 3,
      audioOut: 21,
      textOut: 4,
    })
  })
})
