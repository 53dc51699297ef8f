import type { Service } from '@toritsugi/contracts'

/** Where a request goes: to a service, or it is answered here. */
export type Route = Service | 'front-page' | 'fallback' | 'health' | 'nowhere'

const RULES: readonly [RegExp, Route][] = [
  [/^\/$/, 'front-page'],
  [/^\/healthz$/, 'health'],
  [/^\/api\/twilio\/fallback$/, 'fallback'],
  [/^\/api\/twilio\/media-stream(\/|$)/, 'media-bridge'],
  [/^\/api\/twilio(\/|$)/, 'call-control'],
  [/^\/api\/v1\/calls\/[^/]+\/transcript$/, 'transcript'],
  [/^\/api\/v1\/assistants(\/|$)/, 'realtime-session'],
  [/^\/api\/v1\/(desks|handoffs)(\/|$)/, 'handoff'],
  [/^\/api\/v1(\/|$)/, 'call-control'],
  [/^\/(openai-webhook|docs)(\/|$)/, 'call-control'],
]

/** Decides by the path alone, as an Ingress does. `target` is the request line's: path and query. */
export function routeOf(target: string): Route {
  const path = pathOf(target)
  return RULES.find(([pattern]) => pattern.test(path))?.[1] ?? 'nowhere'
}

// Requests whose answer is a document that the caller hears: an error there would be a dead line.
const SPOKEN =
  /^\/api\/twilio\/(.*\/)?(voice|continue|answer|message|human|handoff-redirect|handoff-wait)(\/[^/]+)?$/

/** Whether the carrier waits for a document at this address, rather than only telling us something. */
export function wantsDocument(target: string): boolean {
  return SPOKEN.test(pathOf(target))
}

function pathOf(target: string): string {
  const end = target.search(/[?#]/)
  return end < 0 ? target : target.slice(0, end)
}
