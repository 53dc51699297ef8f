import type { Call } from '../call.ts'
import { type DocumentFailure, resolveUrl, type Source, type TwimlDocument } from '../documents/document.ts'
import type { TwimlElement } from '../twiml/parse.ts'
import type { Method } from '../webhooks.ts'

/** Where a verb runs. `signal` breaks it off: the call is over, or another document takes the place of this one. */
export type Stage = { call: Call; document: TwimlDocument; signal: AbortSignal; isFirst: boolean }

/** What comes after a verb. */
export type VerbOutcome =
  | { go: 'next' }
  | { go: 'document'; source: Source }
  | { go: 'hang-up' }
  | { go: 'failure'; failure: DocumentFailure }

export type Verb = (element: TwimlElement, stage: Stage) => Promise<VerbOutcome>

export const NEXT: VerbOutcome = { go: 'next' }

/** An `action`, `url` or text address of a verb as a source of documents; a failure (11100) when it is none. */
export function followTo(
  stage: Stage,
  url: string,
  method: string | undefined,
  params: Record<string, string> = {},
): VerbOutcome {
  const address = resolveUrl(stage.document, url)
  if (address === undefined) return failure('11100', `Invalid URL: ${url}`, url)
  return { go: 'document', source: { url: address, method: methodOf(method), params } }
}

export function failure(code: string, message: string, url: string): VerbOutcome {
  return { go: 'failure', failure: { code, message, url } }
}

export function methodOf(method: string | undefined): Method {
  return method === 'GET' ? 'GET' : 'POST'
}

/** A count attribute, or its default. */
export function countOf(element: TwimlElement, name: string, normal: number): number {
  const value = element.attributes[name]
  return value === undefined ? normal : Number(value)
}
