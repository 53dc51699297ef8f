import { isObject, type JsonObject } from '../protocol/shape.ts'

/**
 * What keeps a JSON schema from being a strict one, in the service's words; null when nothing does. Strict schemas
 * list every property as required and allow no other ("Structured outputs" guide).
 */
export function strictProblem(schema: JsonObject, path: readonly string[] = []): string | null {
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')}${path.length === 1 ? ',' : ''}), `
  if (schema.type === 'object' || isObject(schema.properties)) {
    if (schema.additionalProperties !== false)
      return `${context}'additionalProperties' is required to be supplied and to be false.`
    const names = Object.keys(isObject(schema.properties) ? schema.properties : {})
    const required = Array.isArray(schema.required) ? schema.required : []
    const left = names.find((name) => !required.includes(name))
    if (left !== undefined) {
      return (
        `${context}'required' is required to be supplied and to be an array including every key in properties. ` +
        `Missing '${left}'.`
      )
    }
  }
  for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    const problem = isObject(inner) ? strictProblem(inner, [...path, 'properties', name]) : null
    if (problem) return problem
  }
  if (isObject(schema.items)) return strictProblem(schema.items, [...path, 'items'])
  return null
}

/** Whether a value fits a schema: types, required and forbidden keys, `enum`, `const` and `anyOf`. */
export function fitsSchema(value: unknown, schema: unknown): boolean {
  if (!isObject(schema)) return true
  if (schema.const !== undefined && value !== schema.const) return false
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false
  if (Array.isArray(schema.anyOf) && !schema.anyOf.some((inner) => fitsSchema(value, inner))) return false
  const types = schema.type === undefined ? null : [schema.type].flat()
  if (types && !types.some((type) => isOfType(value, type))) return false
  if (Array.isArray(value)) return value.every((entry) => fitsSchema(entry, schema.items))
  if (!isObject(value)) return true
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  if (required.some((name) => value[name] === undefined)) return false
  if (
    schema.additionalProperties === false &&
    Object.keys(value).some((name) => !Object.hasOwn(properties, name))
  )
    return false
  return Object.entries(value).every(([name, entry]) => fitsSchema(entry, properties[name]))
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
