import { existsSync, readFileSync } from 'node:fs'

/** The REST API key that call-control made at its first start, or null when there is none yet. */
export function readApiKey(file: string): string | null {
  if (!existsSync(file)) return null
  const key = readFileSync(file, 'utf8').trim()
  return key === '' ? null : key
}
