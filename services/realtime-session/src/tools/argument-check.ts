import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import type { ToolArguments } from './tool.ts'

export type ArgumentCheck =
  | { ok: true; given: ToolArguments }
  /** One sentence for the model: which argument is wrong and how. */
  | { ok: false; error: string }

/** The most compiled schemas that are kept. */
const mostKept = 500

/**
 * Checks the arguments of tools by their JSON Schemas (draft 2020-12). Schemas are compiled once and kept.
 */
export type ArgumentChecker = {
  /** What is wrong with a schema, or null when it can be used. */
  faultOf(schema: Record<string, unknown>): string | null
  /** @param json the arguments as the model wrote them; an empty text counts as no arguments */
  check(schema: Record<string, unknown>, json: string): ArgumentCheck
}

export function createArgumentChecker(): ArgumentChecker {
  const kept = new Map<string, ValidateFunction>()

  const compile = (schema: Record<string, unknown>): ValidateFunction => {
    const text = JSON.stringify(schema)
    const known = kept.get(text)
    if (known) return known
    // An instance for each: a schema with an `$id` must not be in the way of the next version of itself.
    const ajv = new Ajv2020({ strict: false, allErrors: false, logger: false, validateFormats: true })
    formats.default(ajv)
    const made = ajv.compile(schema)
    const oldest = kept.keys().next()
    if (kept.size >= mostKept && !oldest.done) kept.delete(oldest.value)
    kept.set(text, made)
    return made
  }

  return {
    faultOf(schema) {
      if (schema.type !== 'object') return 'must describe an object: {"type": "object", …}'
      if (schema.$async !== undefined) return 'must not be asynchronous'
      try {
        compile(schema)
        return null
      } catch (error) {
        return error instanceof Error ? error.message.slice(0, 300) : 'cannot be compiled'
      }
    },
    check(schema, json) {
      let given: unknown
      try {
        given = json.trim() === '' ? {} : JSON.parse(json)
      } catch {
        return { ok: false, error: 'The arguments are not JSON.' }
      }
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        return { ok: false, error: 'The arguments must be an object.' }
      }
      const validate = compile(schema)
      if (validate(given)) return { ok: true, given: given as ToolArguments }
      const [first] = validate.errors ?? []
      const where = first?.instancePath ? `The argument ${first.instancePath.slice(1)}` : 'The arguments'
      return { ok: false, error: `${where} ${first?.message ?? 'are not valid'}.`.slice(0, 300) }
    },
  }
}
