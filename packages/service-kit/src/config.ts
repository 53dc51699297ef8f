import { z } from 'zod'

/** A schema of environment variables: every key is a variable. */
export type ConfigSchema = z.ZodObject

/** A text that is never printed. @param minLength shortest that is accepted; default 1 */
export function secret(minLength = 1) {
  return z.string().min(minLength, `must have at least ${minLength} characters`).meta({ secret: true })
}

/** `true`/`false`, `yes`/`no`, `on`/`off`, `1`/`0`. */
export const flag = () => z.stringbool({ error: 'must be true or false' })

/** A TCP port. */
export const port = () => z.coerce.number().int().min(1).max(65_535)

/** A length of time in whole milliseconds; its variable's name ends in `_MS`. */
export const milliseconds = (min = 0, max = 86_400_000) => z.coerce.number().int().min(min).max(max)

/** The configuration is not usable; the message names every variable that is wrong, and never a secret value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly wrong: readonly { variable: string; why: string }[]

  constructor(wrong: readonly { variable: string; why: string }[]) {
    const lines = wrong.map(({ variable, why }) => `  ${variable}: ${why}`)
    super(`The configuration is not usable:\n${lines.join('\n')}`)
    this.wrong = wrong
  }
}

/**
 * Reads a service's configuration from the environment, once, and freezes it. An empty variable counts as not
 * set; variables the schema does not name are none of ours.
 * @throws ConfigError naming every wrong variable at once
 */
export function readConfig<Schema extends ConfigSchema>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<Schema>> {
  const given: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]?.trim()
    if (value !== undefined && value !== '') given[name] = value
  }
  const read = schema.safeParse(given)
  if (read.success) return Object.freeze(read.data)
  const wrong = read.error.issues.map((issue) => {
    const variable = issue.path.length === 0 ? '(all)' : String(issue.path[0])
    const missing = issue.path.length === 1 && !(variable in given)
    const why =
      missing && issue.code !== 'custom' ? 'is not set' : withoutValue(issue.message, given[variable])
    return { variable, why }
  })
  throw new ConfigError(wrong)
}

/** The configuration in force, secrets masked, to be logged at the start. */
export function maskedConfig(
  schema: ConfigSchema,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => {
      const value = config[name]
      if (value === undefined || value === null) return [name, null]
      if (isSecret(field as z.ZodType)) return [name, '[secret]']
      return [name, typeof value === 'string' ? withoutPassword(value) : value]
    }),
  )
}

/** One variable, as a person needs to know it. */
export type ConfigVariable = {
  name: string
  description: string
  secret: boolean
  required: boolean
  /** As it would be written in the environment; absent when there is none. */
  default?: string
}

/** Every variable of a schema, in its order; what `.env.example` is made of. */
export function configVariables(schema: ConfigSchema): ConfigVariable[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const meta = metaOf(field as z.ZodType)
    const absent = (field as z.ZodType).safeParse(undefined)
    const value = absent.success && absent.data !== undefined ? absent.data : undefined
    return {
      name,
      description: typeof meta.description === 'string' ? meta.description : '',
      secret: meta.secret === true,
      required: !absent.success,
      ...(value === undefined || value === null ? {} : { default: String(value) }),
    }
  })
}

/** `.env.example` from the schemas of all services; a variable that several name is listed once. */
export function envExample(services: readonly { name: string; schema: ConfigSchema }[]): string {
  const seen = new Map<string, { variable: ConfigVariable; services: string[] }>()
  for (const service of services) {
    for (const variable of configVariables(service.schema)) {
      const known = seen.get(variable.name)
      if (known) known.services.push(service.name)
      else seen.set(variable.name, { variable, services: [service.name] })
    }
  }
  const blocks = [...seen.values()].map(({ variable, services: users }) => {
    const notes = [variable.required ? 'required' : 'optional', ...(variable.secret ? ['secret'] : [])]
    const head = variable.description === '' ? [] : [`# ${variable.description}`]
    const line = variable.required
      ? `${variable.name}=`
      : `# ${variable.name}=${variable.secret ? '' : (variable.default ?? '')}`
    return [...head, `# ${notes.join(', ')}; used by ${users.join(', ')}`, line].join('\n')
  })
  return `${blocks.join('\n\n')}\n`
}

/** Looks through optional, default, pipe and the like for what was noted on the schema within. */
function metaOf(schema: z.ZodType): Record<string, unknown> {
  const def = schema.def as { innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }
  const within = [def.innerType, def.in, def.out].filter((inner) => inner !== undefined)
  return Object.assign({}, ...within.map(metaOf), schema.meta() ?? {})
}

const isSecret = (schema: z.ZodType): boolean => metaOf(schema).secret === true

/** Some of zod's messages quote the value; it may be a secret. */
function withoutValue(message: string, value: string | undefined): string {
  return value === undefined || value.length < 4 ? message : message.replaceAll(value, '…')
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/([^:/@\s]+):[^@/\s]+@/g, '//$1:[secret]@')
}
