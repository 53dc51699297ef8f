/** Whose voice it is. Each has its own stretch of the telephone band, so that mixed voices can be told apart. */
export type VoiceBand = 'caller' | 'human' | 'assistant'

export const SAMPLE_RATE = 8000
/** Samples of one symbol: 5 ms, so 200 symbols of two bits a second. */
export const SYMBOL_SAMPLES = 40

/** Middle of each band in Hz; its four tones lie 300 and 100 Hz beside it. Multiples of 50. */
export const BAND_CENTRE = { caller: 1100, human: 2050, assistant: 3000 } as const satisfies Record<
  VoiceBand,
  number
>
/** Offsets of the tones for the symbols 0 … 3. */
export const TONE_OFFSETS: readonly number[] = [-300, -100, 100, 300]

/** Pitch of the murmur under the words, in Hz: its harmonics stay below all bands. */
export const PITCH = { caller: 150, human: 115, assistant: 190 } as const satisfies Record<VoiceBand, number>
