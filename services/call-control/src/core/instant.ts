/** An instant so many ms after another; RFC 3339 with milliseconds, UTC. */
export function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
