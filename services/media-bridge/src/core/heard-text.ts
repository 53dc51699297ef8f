/** The words of one item of the assistant, and where in its audio they are. */
export type SpokenText = {
  text: string
  /** (length of the text, ms of the audio) as they stood when each piece of audio came. */
  readonly lengths: number[]
  readonly marksMs: number[]
  audioMs: number
  /** No more words, no more audio will come. */
  textDone: boolean
  audioDone: boolean
}

export const spokenText = (): SpokenText => ({
  text: '',
  lengths: [],
  marksMs: [],
  audioMs: 0,
  textDone: false,
  audioDone: false,
})

/** Audio came: whatever text there is by now lies before its end. */
export function audioCame(spoken: SpokenText, audioMs: number): void {
  spoken.audioMs = audioMs
  spoken.lengths.push(spoken.text.length)
  spoken.marksMs.push(audioMs)
}

export type HeardText = { text: string; approximate: boolean }

/**
 * The words heard in the first `heardMs` of the item. Truncation makes the model forget its own transcript, so
 * the words must come from here. The place is reckoned between the two pieces of audio around it and, since
 * words come before their audio, never beyond their even share of a finished item; it is cut at a word.
 */
export function heardText(spoken: SpokenText, heardMs: number, words: WordCutter): HeardText {
  if (heardMs <= 0) return { text: '', approximate: false }
  if (heardMs >= spoken.audioMs && spoken.audioMs > 0) return { text: spoken.text.trim(), approximate: false }
  let length = 0
  let fromMs = 0
  for (let i = 0; i < spoken.marksMs.length; i++) {
    const untilMs = spoken.marksMs[i] as number
    const until = spoken.lengths[i] as number
    if (untilMs > heardMs) {
      length += ((until - length) * (heardMs - fromMs)) / (untilMs - fromMs)
      break
    }
    length = until
    fromMs = untilMs
  }
  if (spoken.audioDone && spoken.textDone) {
    length = Math.min(length, (spoken.text.length * heardMs) / spoken.audioMs)
  }
  return { text: words(spoken.text, Math.floor(length + 1e-6)), approximate: true }
}

/** Cuts a text to at most so many characters, between two words. */
export type WordCutter = (text: string, length: number) => string

/** What knows the words of a language is large: one is shared by all calls. */
const segmenters = new Map<string, Intl.Segmenter>()
const mostLanguages = 32

function segmenterOf(language: string): Intl.Segmenter {
  const known = segmenters.get(language)
  if (known !== undefined) return known
  if (segmenters.size >= mostLanguages) segmenters.clear()
  const made = newSegmenter(language)
  segmenters.set(language, made)
  return made
}

/** A tag that nobody has registered is no reason to fail a call. */
function newSegmenter(language: string): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity: 'word' })
  } catch {
    return new Intl.Segmenter('en', { granularity: 'word' })
  }
}

/** A cutter that knows the words of a language, also of one that writes no spaces between them. */
export function wordCutter(language: string): WordCutter {
  return (text, length) => {
    if (length >= text.length) return text.trim()
    let end = 0
    for (const { index, segment } of segmenterOf(language).segment(text)) {
      if (index + segment.length > length) break
      end = index + segment.length
    }
    return text.slice(0, end).trim()
  }
}
