import type { JsonObject, Problem } from '../protocol/shape.ts'
import {
  addTokens,
  assistantAudioTokens,
  callerAudioTokens,
  imageTokens,
  NO_TOKENS,
  type Tokens,
  textTokens,
} from './tokens.ts'

export type ContentPart = JsonObject & { type: string; text?: string; transcript?: string | null }

/** An item as the wire shows it. */
export type Item = {
  id: string
  object: 'realtime.item'
  type: string
  status: string
  role?: string
  content?: ContentPart[]
  name?: string
  call_id?: string
  arguments?: string
  output?: string
} & JsonObject

/** An item with what only the service knows of it. */
export type Entry = {
  item: Item
  /** Audio behind the item in ms; 0 for text. */
  audioMs: number
  /** That audio, 8 kHz µ-law, for `conversation.item.retrieve`. */
  audio: Uint8Array
  /** Words the model understood in a user's audio. Never on the wire: the transcript is another model's. */
  heard: string
  truncated: boolean
  /** Still being generated. */
  open: boolean
  /** Raised by each change, so that a changed item is not taken from the prompt cache. */
  revision: number
}

const NO_AUDIO = new Uint8Array(0)

export function entryOf(item: Item, known: Partial<Omit<Entry, 'item'>> = {}): Entry {
  return {
    item,
    audioMs: 0,
    audio: NO_AUDIO,
    heard: '',
    truncated: false,
    open: false,
    revision: 0,
    ...known,
  }
}

/** The ordered items of one conversation. */
export class Conversation {
  readonly #entries: Entry[] = []

  get entries(): readonly Entry[] {
    return this.#entries
  }

  get lastId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null
  }

  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.item.id === id)
  }

  /**
   * Puts an item after `after` (`root` = at the start, null or undefined = at the end).
   * Returns the id of the item before it.
   */
  add(entry: Entry, after?: string | null): { previous: string | null } | Problem {
    if (this.find(entry.item.id)) {
      return {
        code: 'item_create_duplicate_item_id',
        message: `Error adding item: an item with id '${entry.item.id}' already exists.`,
        param: 'item.id',
      }
    }
    if (after === undefined || after === null) {
      const previous = this.lastId
      this.#entries.push(entry)
      return { previous }
    }
    if (after === 'root') {
      this.#entries.unshift(entry)
      return { previous: null }
    }
    const index = this.#entries.findIndex((other) => other.item.id === after)
    if (index < 0) {
      return {
        code: 'item_create_invalid_previous_item_id',
        message: `Error adding item: the previous item with id '${after}' does not exist.`,
        param: 'previous_item_id',
      }
    }
    this.#entries.splice(index + 1, 0, entry)
    return { previous: after }
  }

  previousOf(id: string): string | null {
    const index = this.#entries.findIndex((entry) => entry.item.id === id)
    return this.#entries[index - 1]?.item.id ?? null
  }

  remove(id: string): boolean {
    const index = this.#entries.findIndex((entry) => entry.item.id === id)
    if (index < 0) return false
    this.#entries.splice(index, 1)
    return true
  }

  /** Cuts an assistant's audio and forgets its whole transcript, so that unheard words are not remembered. */
  truncate(id: string, contentIndex: number, audioEndMs: number): Problem | null {
    const entry = this.find(id)
    if (!entry) {
      return {
        code: 'item_truncate_invalid_item_id',
        message: `Error truncating item: the item with id '${id}' does not exist.`,
        param: 'item_id',
      }
    }
    const part = entry.item.content?.[contentIndex]
    if (entry.item.role !== 'assistant' || part?.type !== 'output_audio' || entry.audioMs === 0) {
      return {
        code: 'unsupported_content_type',
        message: 'Only model output audio messages can be truncated',
        param: null,
      }
    }
    if (audioEndMs > entry.audioMs) {
      return {
        code: 'invalid_value',
        message: `Audio content of ${entry.audioMs}ms is already shorter than ${audioEndMs}ms`,
        param: null,
      }
    }
    entry.audioMs = audioEndMs
    entry.audio = entry.audio.subarray(0, audioEndMs * 8)
    entry.truncated = true
    entry.revision += 1
    delete part.transcript
    return null
  }
}

/** What an item weighs in a prompt. */
export function tokensOf(entry: Entry): Tokens {
  const { item } = entry
  if (item.type === 'function_call') return onlyText(`${item.name ?? ''}${item.arguments ?? ''}`)
  if (item.type === 'function_call_output') return onlyText(item.output ?? '')
  if (item.type !== 'message') return NO_TOKENS
  let sum = NO_TOKENS
  for (const part of item.content ?? []) sum = addTokens(sum, partTokens(part, entry))
  return sum
}

function partTokens(part: ContentPart, entry: Entry): Tokens {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return onlyText(part.text ?? '')
    case 'input_audio':
      return { text: 0, audio: callerAudioTokens(entry.audioMs), image: 0 }
    case 'output_audio':
      return { text: 0, audio: assistantAudioTokens(entry.audioMs), image: 0 }
    case 'input_image':
      return imageTokens()
    default:
      return NO_TOKENS
  }
}

function onlyText(text: string): Tokens {
  return { text: textTokens(text), audio: 0, image: 0 }
}
