import { speak } from '@toritsugi/audio'
import type { Call } from '../call.ts'
import { untilAborted } from '../line/line.ts'
import { runVerb } from '../verbs/verbs.ts'
import { type DocumentFailure, loadDocument, type Source, type TwimlDocument } from './document.ts'

const APPLICATION_ERROR = 'An application error has occurred. Goodbye.'
/** Documents that may follow each other within a second before the carrier gives the call up. */
const LOOP_LIMIT = 50

/**
 * Runs a call's documents until it ends or another one takes their place: verbs in order, what they lead to, the
 * fallback when something fails. Never rejects.
 */
export async function runDocuments(
  call: Call,
  first: Source,
  signal: AbortSignal,
  before: Promise<void>,
): Promise<void> {
  let source: Source | undefined = first
  const begun: number[] = []
  while (source && !signal.aborted) {
    const loading: Promise<TwimlDocument | DocumentFailure | undefined> = untilAborted(
      loadDocument(call, source),
      signal,
    )
    await before
    const document: TwimlDocument | DocumentFailure | undefined = await loading
    if (document === undefined || signal.aborted) return
    begun.push(performance.now())
    if (isLooping(begun)) {
      call.world.debugger.error(
        '12400',
        'The documents of this call redirect to each other without end',
        about(call),
      )
      break
    }
    const outcome: Outcome =
      'code' in document ? { failure: document } : await runVerbs(call, document, signal)
    if (signal.aborted) return
    if (!('failure' in outcome)) source = outcome.next
    else source = await recover(call, outcome.failure, source, signal)
  }
  if (!signal.aborted) call.finish('completed', 'other-side')
}

type Outcome = { next: Source | undefined } | { failure: DocumentFailure }

async function runVerbs(call: Call, document: TwimlDocument, signal: AbortSignal): Promise<Outcome> {
  for (const [index, element] of document.verbs.entries()) {
    call.note({ type: 'verb', verb: element.name })
    const outcome = await runVerb(element, { call, document, signal, isFirst: index === 0 })
    if (signal.aborted) return { next: undefined }
    if (outcome.go === 'document') return { next: outcome.source }
    if (outcome.go === 'hang-up') return { next: undefined }
    if (outcome.go === 'failure') {
      call.world.debugger.error(outcome.failure.code, outcome.failure.message, {
        ...about(call),
        url: outcome.failure.url,
      })
      return { failure: outcome.failure }
    }
  }
  // A document that does nothing still answers the call before it ends it.
  if (document.verbs.length === 0) call.answer()
  return { next: undefined }
}

/** The fallback document, or an apology and the end ("Availability and reliability: fallback URLs"). */
async function recover(
  call: Call,
  { code, url }: DocumentFailure,
  failed: Source,
  signal: AbortSignal,
): Promise<Source | undefined> {
  const { fallbackUrl, fallbackMethod = 'POST' } = call.voice
  const wasFallback = 'isFallback' in failed && failed.isFallback === true
  if (fallbackUrl && !wasFallback) {
    const params = { ErrorCode: code, ErrorUrl: url }
    return { url: fallbackUrl, method: fallbackMethod, params, isFallback: true }
  }
  call.answer()
  await call.line.play(speak(APPLICATION_ERROR, 'assistant'), signal)
  return undefined
}

function isLooping(begun: number[]): boolean {
  if (begun.length > LOOP_LIMIT) begun.shift()
  const [oldest] = begun
  return begun.length === LOOP_LIMIT && performance.now() - (oldest ?? 0) < 1000
}

function about(call: Call): { callSid: string } {
  return { callSid: call.sid }
}
