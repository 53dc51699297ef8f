import type { Reply } from './core/brain.ts'
import type { Conversation } from './core/conversation.ts'
import type { AudioFormat } from './core/session-config.ts'
import type { PromptPart } from './core/tokens.ts'
import type { JsonObject } from './protocol/shape.ts'
import type { Random } from './random.ts'

/** What a response is asked for, defaults of the session filled in. */
export type ResponseRequest = {
  id: string
  outOfBand: boolean
  conversationId: string | null
  modality: 'audio' | 'text'
  format: AudioFormat
  speed: number
  voice: string | JsonObject
  maxOutputTokens: number | 'inf'
  metadata: Readonly<Record<string, string>> | null
  prompt: readonly PromptPart[]
  promptBefore: readonly PromptPart[]
  reply: Reply
  countsUsage: boolean
}

/** What a response needs of its session. */
export type ResponseWorld = {
  conversation: Conversation
  random: Random
  send: (type: string, fields: JsonObject) => void
  /** The first audio of this response is made: from now on the voice cannot change. */
  spoke: () => void
  /** Asked at a cancel: how many further deltas still come, and whether after `response.done`. */
  lateDeltas: () => { count: number; afterDone: boolean }
  /** The response is over, whatever its end. */
  done: () => void
}
