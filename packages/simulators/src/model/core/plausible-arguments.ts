import { type Situation, saidBefore, type ToolFace } from './situation.ts'

/** Plausible arguments for a declared function, made from its JSON schema and the caller's words. */
export function plausibleArguments(tool: ToolFace, now: Situation): Record<string, unknown> {
  const properties = tool.parameters.properties
  if (typeof properties !== 'object' || properties === null) return {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, plausibleValue(schema as Schema, now)]),
  )
}

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
