import { createHash } from 'node:crypto'
import type { Rule } from '../core/brain.ts'
import type { ChatMessage } from './chat-messages.ts'

/** "Caching is available for prompts containing 1024 tokens or more" in steps of 128 ("Prompt caching" guide). */
const CACHED_FROM = 1024
const CACHE_STEP = 128

const PROMPTS = 5000
const PREFIXES = 50_000

type Taken = ReadonlyMap<Rule, number>

/**
 * What outlives a request, though requests know nothing of each other: which rules of the brain a conversation has
 * used up, told by the prompt that it continues (a repeat of a prompt finds what the first one found), and the
 * beginnings of prompts that are in the cache.
 */
export class ChatMemory {
  readonly #taken = new Map<string, Taken>()
  readonly #cached = new Map<string, true>()

  /** How often each rule was taken in the longest earlier prompt that these messages continue. */
  takenBefore(messages: readonly ChatMessage[]): Taken {
    const keys = keysOf('', messages).slice(0, -1)
    for (const key of keys.reverse()) {
      const taken = this.#taken.get(key)
      if (taken) return taken
    }
    return new Map()
  }

  remember(messages: readonly ChatMessage[], taken: Taken): void {
    keep(this.#taken, keysOf('', messages).at(-1) ?? '', new Map(taken), PROMPTS)
  }

  /**
   * Tokens read from the cache; puts this prompt into it. `head` is what comes before all messages: model and tools.
   */
  cachedTokens(
    head: string,
    headTokens: number,
    messages: readonly ChatMessage[],
    tokens: readonly number[],
  ): number {
    const keys = keysOf(head, messages)
    let known = 0
    let sum = headTokens
    for (const [index, key] of keys.entries()) {
      sum += tokens[index] ?? 0
      if (this.#cached.has(key)) known = sum
      keep(this.#cached, key, true, PREFIXES)
    }
    return known < CACHED_FROM ? 0 : known - (known % CACHE_STEP)
  }
}

/** One key for each beginning of the messages. */
function keysOf(head: string, messages: readonly ChatMessage[]): string[] {
  let key = head
  return messages.map((message) => {
    key = createHash('sha1').update(key).update(JSON.stringify(message)).digest('base64')
    return key
  })
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > limit) map.delete(map.keys().next().value ?? '')
}
