/** What keeps migrations from being applied; the message says what to do about it. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly reason: 'edited' | 'failed' | 'diverged' | 'script' | 'unreachable' | 'other'

  constructor(reason: MigrationError['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** The engine's own words, read for people: its code, and which migration it was at, are inside them. */
export function explainEngine(error: unknown): unknown {
  if (error instanceof MigrationError || !(error instanceof Error)) return error
  const { code } = error as { code?: unknown }
  const [said = ''] = error.message.split(/\s+0: \w+::/, 1)
  const line = said
    .replace(/^external connector error\s+/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (code === 'P3009') return new MigrationError('failed', line, error)
  const migration = /apply_script\s+with migration_name="([^"]+)"/.exec(error.message)?.[1]
  if (migration !== undefined || code === 'P3018') {
    return new MigrationError('script', `The migration ${migration ?? ''} failed: ${line}`, error)
  }
  if (code === 'P1001' || code === 'P1000' || /Can't reach|ECONNREFUSED|Authentication failed/.test(line)) {
    return new MigrationError('unreachable', `The database cannot be reached: ${line}`, error)
  }
  return new MigrationError('other', typeof code === 'string' ? `${code}: ${line}` : line, error)
}
