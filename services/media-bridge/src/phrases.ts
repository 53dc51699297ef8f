import type { SessionPlan } from '@toritsugi/contracts'
import type { ResponseSettings } from '@toritsugi/realtime-protocol'
import type { Ask } from './core/response-queue.ts'

/** How the model is asked to say exactly these words. */
export const sayExactly = (plan: SessionPlan, words: string): string =>
  `In the language ${plan.language}, word for word and without adding anything, say to the caller: ${JSON.stringify(words)}`

/** The same where the wording is the model's own. */
export const sayInSense = (plan: SessionPlan, words: string): string =>
  `In the language ${plan.language}, briefly and politely, tell the caller: ${JSON.stringify(words)}`

/** What the model is told of keys. */
export const pressedKeys = (keys: string): string =>
  `(The caller pressed these keys on the telephone: ${keys})`

/** The `response` of a `response.create`. Words that are given need no tools. The id comes back as metadata. */
export function responseSettings(ask: Ask, withMetadata: boolean): ResponseSettings {
  return {
    ...(withMetadata ? { metadata: { ask: ask.id } } : {}),
    ...(ask.instructions === null ? {} : { instructions: ask.instructions, tool_choice: 'none' }),
  }
}
