/**
 * Postgres stores neither the character NUL nor half of a surrogate pair. Both can reach us in what callers,
 * models and carriers write; they become U+FFFD, so that one odd character cannot hold a transaction up.
 */
export function storableText(text: string): string {
  const whole = text as string & { toWellFormed(): string }
  return whole.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** JSON for a `jsonb` column, every text in it storable. Undefined becomes null. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, item: unknown) =>
    typeof item === 'string' ? storableText(item) : item,
  )
}
