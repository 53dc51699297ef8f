/** What one generation of models accepts. */
export type ModelTraits = {
  reasoning: boolean
  parallelToolCalls: boolean
  contextTokens: number
  maxOutputTokens: number
}

const FIRST: ModelTraits = {
  reasoning: false,
  parallelToolCalls: false,
  contextTokens: 32_000,
  maxOutputTokens: 4096,
}
const SECOND: ModelTraits = {
  reasoning: true,
  parallelToolCalls: true,
  contextTokens: 128_000,
  maxOutputTokens: 32_000,
}

const FAMILIES: readonly [RegExp, ModelTraits][] = [
  [/^gpt-realtime-2(\.\d+)?(-mini)?(-\d{4}-\d{2}-\d{2})?$/, SECOND],
  [/^gpt-realtime(-1\.5|-mini)?(-\d{4}-\d{2}-\d{2})?$/, FIRST],
  [/^gpt-4o(-mini)?-realtime-preview(-\d{4}-\d{2}-\d{2})?$/, FIRST],
  [/^gpt-audio(-1\.5|-mini)?(-\d{4}-\d{2}-\d{2})?$/, FIRST],
]

/**
 * Traits of a model by its name, or null when the service does not have it. The names are those of the
 * "Realtime" section of OpenAI's model list; a deployment name of one's own is known only when it is given.
 */
export function modelTraits(model: string, deployments: readonly string[] = []): ModelTraits | null {
  const family = FAMILIES.find(([pattern]) => pattern.test(model))
  if (family) return family[1]
  return deployments.includes(model) ? SECOND : null
}
