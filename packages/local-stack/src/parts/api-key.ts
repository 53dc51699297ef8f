/** The API key that call-control made at its first start, when this line of its log tells one. */
export function findApiKey(line: string): string | undefined {
  try {
    const { apiKey } = JSON.parse(line) as { apiKey?: unknown }
    return typeof apiKey === 'string' && apiKey.length >= 20 ? apiKey : undefined
  } catch {
    return undefined
  }
}
