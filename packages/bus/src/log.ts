/** What this package needs of a logger; pino's satisfies it. */
export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Says nothing. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
