import { type Situation, saidBefore, type ToolFace } from './situation.ts'

/**
 * Plausible arguments for a declared function, made from its JSON schema and the caller's words: what it requires,
 * and those optional ones that need no words of the caller's. A model leaves out what it was not told.
 */
export function plausibleArguments(tool: ToolFace, now: Situation): Record<string, unknown> {
  return objectOf(tool.parameters, now.heard || now.text || saidBefore(now, 'caller'))
}

type Schema = {
  type?: unknown
  enum?: unknown
  const?: unknown
  minimum?: unknown
  minItems?: unknown
  items?: unknown
  anyOf?: unknown
  properties?: unknown
  required?: unknown
}

/** A value that fits a JSON schema, with these words where it wants text. References are not followed. */
export function plausibleValue(schema: Schema, words: string): unknown {
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (Array.isArray(schema.anyOf)) return plausibleValue((schema.anyOf[0] ?? {}) as Schema, words)
  switch ([schema.type].flat()[0]) {
    case 'number':
    case 'integer':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array': {
      const length = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 100) : 0
      return Array.from({ length }, () => plausibleValue((schema.items ?? {}) as Schema, words))
    }
    case 'object':
      return objectOf(schema, words)
    default:
      return words
  }
}

function objectOf(schema: Schema, words: string): Record<string, unknown> {
  const { properties } = schema
  if (typeof properties !== 'object' || properties === null) return {}
  const required = new Set([schema.required].flat())
  return Object.fromEntries(
    Object.entries(properties as Record<string, Schema>)
      .filter(([name, property]) => required.has(name) || !isWords(property))
      .map(([name, property]) => [name, plausibleValue(property, words)]),
  )
}

/** Whether its value would be the caller's own words. */
const isWords = (schema: Schema): boolean =>
  !Array.isArray(schema.enum) &&
  schema.const === undefined &&
  schema.anyOf === undefined &&
  ['string', undefined].includes([schema.type].flat()[0] as string | undefined)
