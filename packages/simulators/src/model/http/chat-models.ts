import { notFound, notSimulated, type Refusal } from './refusal.ts'

/** What one family of chat models takes. */
export type ChatTraits = {
  /** Whether it thinks before it speaks: then no sampling parameters are taken. `optional` ones do when told to. */
  reasoning: 'never' | 'optional' | 'always'
  contextTokens: number
  maxOutputTokens: number
}

const OMNI: ChatTraits = { reasoning: 'never', contextTokens: 128_000, maxOutputTokens: 16_384 }
const LONG: ChatTraits = { reasoning: 'never', contextTokens: 1_047_576, maxOutputTokens: 32_768 }
const THINKING: ChatTraits = { reasoning: 'always', contextTokens: 200_000, maxOutputTokens: 100_000 }
const FIFTH: ChatTraits = { reasoning: 'always', contextTokens: 400_000, maxOutputTokens: 128_000 }

const DATE = '(-\\d{4}-\\d{2}-\\d{2})?$'
const FAMILIES: readonly [RegExp, ChatTraits][] = [
  [new RegExp(`^gpt-4o(-mini)?${DATE}`), OMNI],
  [/^chatgpt-4o-latest$/, OMNI],
  [new RegExp(`^gpt-4\\.1(-mini|-nano)?${DATE}`), LONG],
  [/^gpt-5(\.\d)?-chat-latest$/, OMNI],
  [new RegExp(`^gpt-5(-mini|-nano)?${DATE}`), FIFTH],
  // Their default effort is `none`, with which they take sampling parameters.
  [new RegExp(`^gpt-5\\.\\d(-mini|-nano)?${DATE}`), { ...FIFTH, reasoning: 'optional' }],
  [new RegExp(`^o[134](-mini)?${DATE}`), THINKING],
  [new RegExp(`^gpt-4-turbo(-preview)?${DATE}`), { ...OMNI, maxOutputTokens: 4096 }],
  [/^gpt-4(-0613)?$/, { reasoning: 'never', contextTokens: 8192, maxOutputTokens: 8192 }],
  [/^gpt-3\.5-turbo(-0125|-1106)?$/, { reasoning: 'never', contextTokens: 16_385, maxOutputTokens: 4096 }],
]

const RESPONSES_ONLY =
  /^(gpt-5(\.\d)?-pro|o[13]-pro|.*-codex(-\w+)?|codex-.*|.*-deep-research|computer-use-.*)/
const OTHER_CHAT = /(audio|search)(-preview|-mini|-\d|$)/
const NOT_CHAT = /realtime|tts|transcribe|whisper|embedding|image|dall-e|moderation|davinci|babbage|instruct/

/** Dated names by which completions of a moving name are signed. */
const SNAPSHOTS: Readonly<Record<string, string>> = {
  'gpt-4o': 'gpt-4o-2024-08-06',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
  'gpt-4.1': 'gpt-4.1-2025-04-14',
  'gpt-4.1-mini': 'gpt-4.1-mini-2025-04-14',
  'gpt-4.1-nano': 'gpt-4.1-nano-2025-04-14',
  'gpt-5': 'gpt-5-2025-08-07',
  'gpt-5-mini': 'gpt-5-mini-2025-08-07',
  'gpt-5-nano': 'gpt-5-nano-2025-08-07',
  'gpt-5.1': 'gpt-5.1-2025-11-13',
  'gpt-5.2': 'gpt-5.2-2025-12-11',
  o3: 'o3-2025-04-16',
  'o4-mini': 'o4-mini-2025-04-16',
  'gpt-3.5-turbo': 'gpt-3.5-turbo-0125',
}

/** A chat model by its name, or the refusal that the service gives ("Models" page; deployments are one's own). */
export function chatModel(
  name: string,
  deployments: readonly string[],
): { traits: ChatTraits; signedAs: string } | { refusal: Refusal } {
  const family = FAMILIES.find(([pattern]) => pattern.test(name))
  if (family) return { traits: family[1], signedAs: SNAPSHOTS[name] ?? name }
  if (deployments.includes(name)) return { traits: OMNI, signedAs: name }
  return { refusal: refusalOf(name) }
}

function refusalOf(name: string): Refusal {
  if (RESPONSES_ONLY.test(name)) {
    return notFound(
      'This model is only supported in v1/responses and not in v1/chat/completions.',
      null,
      'model',
    )
  }
  if (NOT_CHAT.test(name)) {
    return notFound(
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. ' +
        'Did you mean to use v1/completions?',
      null,
      'model',
    )
  }
  if (/^gpt-/.test(name) && OTHER_CHAT.test(name)) return notSimulated(`the model ${name}`, 'model')
  return unknownModel(name)
}

export function unknownModel(name: string): Refusal {
  return notFound(`The model \`${name}\` does not exist or you do not have access to it.`, 'model_not_found')
}
