import { createListener, type HeardWord, textOf, type VoiceBand } from '@toritsugi/audio'

export type PhoneWord = HeardWord & { band: VoiceBand }

/** What `waitToHear` found: the words that matched and when they were heard. */
export type HeardPhrase = { text: string; startMs: number; endMs: number; band: VoiceBand }

const SILENT_FRAME = new Int16Array(160)

/** The ears of a phone: one listener per voice, and the search in what they understood. */
export class Hearing {
  readonly #listeners: readonly { band: VoiceBand; listener: ReturnType<typeof createListener> }[]
  readonly #words: PhoneWord[] = []
  readonly #searchedTo = new Map<VoiceBand, number>()

  constructor(bands: readonly VoiceBand[]) {
    this.#listeners = bands.map((band) => ({ band, listener: createListener(band) }))
  }

  get words(): readonly PhoneWord[] {
    return this.#words
  }

  /** Takes 20 ms; answers the words that became complete. */
  push(frame: Int16Array | undefined): PhoneWord[] {
    const words = this.#listeners.flatMap(({ band, listener }) =>
      listener.push(frame ?? SILENT_FRAME).map((word) => ({ ...word, band })),
    )
    this.#words.push(...words)
    return words
  }

  flush(): PhoneWord[] {
    const words = this.#listeners.flatMap(({ band, listener }) =>
      listener.flush().map((word) => ({ ...word, band })),
    )
    this.#words.push(...words)
    return words
  }

  text(band: VoiceBand): string {
    return textOf(this.#words.filter((word) => word.band === band))
  }

  /**
   * The first match among what was heard since the last match (with `again`: since the beginning). What is found is
   * not found a second time.
   */
  find(pattern: RegExp, only: VoiceBand | undefined, again: boolean): HeardPhrase | undefined {
    for (const { band } of this.#listeners) {
      if (only && only !== band) continue
      const all = this.#words.filter((word) => word.band === band)
      const from = again ? 0 : (this.#searchedTo.get(band) ?? 0)
      const found = matchIn(all.slice(from), pattern)
      if (!found) continue
      this.#searchedTo.set(band, Math.max(from + found.last + 1, this.#searchedTo.get(band) ?? 0))
      const first = all[from + found.first] as PhoneWord
      const last = all[from + found.last] as PhoneWord
      return { text: found.text, startMs: first.startMs, endMs: last.endMs, band }
    }
    return undefined
  }
}

function matchIn(
  words: readonly PhoneWord[],
  pattern: RegExp,
): { first: number; last: number; text: string } | undefined {
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(textOf(words))
  if (!match || words.length === 0) return undefined
  // ends[i]: length of the text up to and with word i.
  const ends = words.map((_, index) => textOf(words.slice(0, index + 1)).length)
  const indexOf = (offset: number) => {
    const index = ends.findIndex((end) => offset < end)
    return index < 0 ? words.length - 1 : index
  }
  const first = indexOf(match.index)
  const last = indexOf(Math.max(match.index, match.index + match[0].length - 1))
  return { first, last, text: match[0] }
}
