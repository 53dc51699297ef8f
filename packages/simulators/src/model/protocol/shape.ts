/** What is wrong with a client's event, as the `error` object of the Realtime API names it. */
export type Problem = {
  code: string
  message: string
  param: string | null
  type?: string
  /** The narrower code by which the HTTP endpoints name a broken limit, such as `string_above_max_length`. */
  limit?: string
}

/** Checks one value found at `at` (a path such as `session.audio.output.voice`); null means it is fine. */
export type Shape = (value: unknown, at: string) => Problem | null

export type JsonObject = Record<string, unknown>

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export const anything: Shape = () => null

export const bool: Shape = (value, at) =>
  typeof value === 'boolean' ? null : wrongType(at, 'a boolean', value)

/** A string of at most `max` characters, optionally of a given pattern. */
export function text(limits: { max?: number; min?: number; pattern?: RegExp } = {}): Shape {
  return (value, at) => {
    if (typeof value !== 'string') return wrongType(at, 'a string', value)
    if (limits.max !== undefined && value.length > limits.max) {
      return invalid(
        at,
        `Invalid '${at}': string too long. Expected a string with maximum length ${limits.max}, ` +
          `but got a string with length ${value.length} instead.`,
        'string_above_max_length',
      )
    }
    if (limits.min !== undefined && value.length < limits.min) {
      return invalid(
        at,
        `Invalid '${at}': string too short. Expected a string with minimum length ${limits.min}.`,
        'string_below_min_length',
      )
    }
    if (limits.pattern && !limits.pattern.test(value)) {
      return invalid(
        at,
        `Invalid '${at}': string does not match pattern. Expected a string that matches the pattern ` +
          `'${limits.pattern.source}'.`,
      )
    }
    return null
  }
}

/** A number inside [min, max]; `whole` asks for an integer. */
export function number(limits: { min?: number; max?: number; whole?: boolean }): Shape {
  const kind = limits.whole ? 'an integer' : 'a decimal'
  const name = limits.whole ? 'integer' : 'decimal'
  return (value, at) => {
    if (typeof value !== 'number' || (limits.whole && !Number.isInteger(value)))
      return wrongType(at, kind, value)
    if (limits.min !== undefined && value < limits.min) {
      return invalid(
        at,
        `Invalid '${at}': value below minimum. Expected a value >= ${limits.min}, but got ${value} instead.`,
        `${name}_below_min_value`,
      )
    }
    if (limits.max !== undefined && value > limits.max) {
      return invalid(
        at,
        `Invalid '${at}': value above maximum. Expected a value <= ${limits.max}, but got ${value} instead.`,
        `${name}_above_max_value`,
      )
    }
    return null
  }
}

/** One of the given strings. */
export function oneOf(...values: readonly string[]): Shape {
  return (value, at) => {
    if (typeof value !== 'string') return wrongType(at, `one of ${quoted(values, 'or')}`, value)
    return values.includes(value) ? null : unsupported(at, value, values)
  }
}

export function nullable(shape: Shape): Shape {
  return (value, at) => (value === null ? null : shape(value, at))
}

/** Either of several shapes; the complaint of the last one is given. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value, at) => {
    let problem: Problem | null = null
    for (const shape of shapes) {
      problem = shape(value, at)
      if (!problem) return null
    }
    return problem
  }
}

export function list(shape: Shape, max = 10_000, min = 0): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return wrongType(at, 'an array', value)
    if (value.length > max) {
      return invalid(
        at,
        `Invalid '${at}': array too long. Expected an array with maximum length ${max}, ` +
          `but got an array with length ${value.length} instead.`,
        'array_above_max_length',
      )
    }
    if (value.length < min) {
      return invalid(
        at,
        `Invalid '${at}': empty array. Expected an array with minimum length ${min}, but got an empty array instead.`,
        'empty_array',
      )
    }
    for (const [index, entry] of value.entries()) {
      const problem = shape(entry, `${at}[${index}]`)
      if (problem) return problem
    }
    return null
  }
}

/** Two values of one shape, such as a range. */
export function pair(shape: Shape): Shape {
  return (value, at) => {
    const problem = list(shape, 2)(value, at)
    if (problem || (Array.isArray(value) && value.length === 2)) return problem
    return invalid(at, `Invalid '${at}': expected an array with exactly 2 entries.`)
  }
}

/**
 * An object of exactly these keys. What is missing is complained of first, then what is unknown, then what is
 * wrong, as the live service does for beta field names sent without `session.type`.
 */
export function object(keys: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape {
  return (value, at) => {
    if (!isObject(value)) return wrongType(at, 'an object', value)
    for (const key of required) {
      if (value[key] === undefined) return missing(join(at, key))
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(keys, key)) return unknownParameter(join(at, key))
    }
    for (const [key, shape] of Object.entries(keys)) {
      const entry = value[key]
      if (entry === undefined) continue
      const problem = shape(entry, join(at, key))
      if (problem) return problem
    }
    return null
  }
}

/** An object of free keys whose values have one shape. */
export function dictionary(shape: Shape, limits: { pairs: number; keyLength: number }): Shape {
  return (value, at) => {
    if (!isObject(value)) return wrongType(at, 'an object', value)
    const entries = Object.entries(value)
    if (entries.length > limits.pairs) {
      return invalid(at, `Invalid '${at}': too many properties. Expected at most ${limits.pairs}.`)
    }
    for (const [key, entry] of entries) {
      if (key.length > limits.keyLength) {
        return invalid(at, `Invalid '${at}': key too long. Expected at most ${limits.keyLength} characters.`)
      }
      const problem = shape(entry, join(at, key))
      if (problem) return problem
    }
    return null
  }
}

/** An object whose shape is chosen by one of its own strings. */
export function variant(key: string, shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, at) => {
    if (!isObject(value)) return wrongType(at, 'an object', value)
    const kind = value[key]
    if (kind === undefined) return missing(join(at, key))
    if (typeof kind !== 'string') return wrongType(join(at, key), 'a string', kind)
    const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
    return shape ? shape(value, at) : unsupported(join(at, key), kind, Object.keys(shapes))
  }
}

export function missing(param: string): Problem {
  return { code: 'missing_required_parameter', message: `Missing required parameter: '${param}'.`, param }
}

export function unknownParameter(param: string): Problem {
  return { code: 'unknown_parameter', message: `Unknown parameter: '${param}'.`, param }
}

export function invalid(param: string | null, message: string, limit?: string): Problem {
  return { code: 'invalid_value', message, param, ...(limit === undefined ? {} : { limit }) }
}

export function unsupported(param: string, value: string, values: readonly string[]): Problem {
  return invalid(param, `Invalid value: '${value}'. Supported values are: ${quoted(values, 'and')}.`)
}

function wrongType(param: string, expected: string, value: unknown): Problem {
  return {
    code: 'invalid_type',
    message: `Invalid type for '${param}': expected ${expected}, but got ${typeName(value)} instead.`,
    param,
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function quoted(values: readonly string[], word: string): string {
  const marked = values.map((value) => `'${value}'`)
  if (marked.length < 3) return marked.join(` ${word} `)
  return `${marked.slice(0, -1).join(', ')}, ${word} ${marked.at(-1)}`
}

function join(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`
}
