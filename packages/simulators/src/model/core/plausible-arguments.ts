import { type Situation, saidBefore, type ToolFace } from './situation.ts'

/**
 * Plausible arguments for a declared function, made from its JSON schema and the caller's words: what it requires,
 * and those optional ones that need no words of the caller's. A model leaves out what it was not told.
 */
export function plausibleArguments(tool: ToolFace, now: Situation): Record<string, unknown> {
  const properties = tool.parameters.properties
  if (typeof properties !== 'object' || properties === null) return {}
  const required = new Set([tool.parameters.required].flat())
  return Object.fromEntries(
    Object.entries(properties as Record<string, Schema>)
      .filter(([name, schema]) => required.has(name) || !isWords(schema))
      .map(([name, schema]) => [name, plausibleValue(schema, now)]),
  )
}

/** Whether its value would be the caller's own words. */
const isWords = (schema: Schema): boolean =>
  !Array.isArray(schema.enum) && ['string', undefined].includes([schema.type].flat()[0] as string | undefined)

type Schema = { type?: unknown; enum?: unknown; minimum?: unknown }

function plausibleValue(schema: Schema, now: Situation): unknown {
  if (Array.isArray(schema.enum)) return schema.enum[0]
  switch ([schema.type].flat()[0]) {
    case 'number':
    case 'integer':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'boolean':
      return true
    case 'array':
      return []
    case 'object':
      return {}
    default:
      return now.heard || now.text || saidBefore(now, 'caller')
  }
}
