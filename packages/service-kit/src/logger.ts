import { redact } from '@toritsugi/redact'
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

export type { Logger }

const secretKey =
  /^(authorization|cookie|set-cookie|password|passwd|secret|token|jwt|api[-_]?key|x-twilio-signature|.*(Secret|Token|Password|ApiKey|_token|_secret|_password|_key))$/i

/** A number in E.164, alone or inside a text or an address. */
const numbers = /(\+|%2B)([1-9]\d)(\d{3,11})(\d{2})(?!\d)/gi
const deepest = 5

/** Masks telephone numbers (country code and last two digits stay), card numbers and tokens in a text. */
export function maskText(text: string): string {
  const masked = text.replace(
    numbers,
    (_all, plus: string, head: string, middle: string, tail: string) =>
      `${plus}${head}${'•'.repeat(middle.length)}${tail}`,
  )
  return redact(masked)
}

/** The same for anything that is logged; whole values of keys that name secrets go. */
export function maskFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return maskText(value)
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth >= deepest) return '[too deep]'
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => maskFields(item, depth + 1))
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) && typeof item !== 'number' && typeof item !== 'boolean'
        ? '[secret]'
        : maskFields(item, depth + 1),
    ]),
  )
}

/**
 * JSON lines on stdout (or on `destination`). Every line names the service; telephone numbers are masked and
 * secrets removed wherever they appear. Bind call, leg and the like once: `log.child({ callId })`.
 */
export function createLogger(options: {
  service: string
  level: string
  destination?: DestinationStream
}): Logger {
  const log = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => maskFields(fields) as Record<string, unknown>,
      },
      serializers: {
        err: (error: unknown) =>
          error instanceof Error ? maskFields(stdSerializers.errWithCause(error)) : maskFields(error),
      },
      hooks: {
        logMethod(given, method) {
          const [first, second, ...rest] = given as unknown as [unknown, unknown, ...unknown[]]
          const masked = [
            typeof first === 'string' ? maskText(first) : first,
            typeof second === 'string' ? maskText(second) : second,
            ...rest,
          ]
          method.apply(this, masked as unknown as Parameters<typeof method>)
        },
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  )

  // pino shows bound fields to no formatter. Children inherit this method.
  const child = log.child
  log.child = function (this: Logger, fields: object, ...more: unknown[]) {
    return child.apply(this, [maskFields(fields) as object, ...more] as unknown as Parameters<typeof child>)
  } as typeof child
  return log
}
