import type { JsonObject } from '../protocol/shape.ts'
import type { Random } from '../random.ts'
import type { ChatOutcome } from './chat-outcome.ts'
import type { Piece } from './delivery.ts'
import { errorOf, failure } from './refusal.ts'

/** What stands on every chunk and on the whole. */
export type ChatHead = { id: string; created: number; model: string; fingerprint: string }

/** A call with the id by which its result is brought back. */
type IdentifiedCall = { id: string; name: string; arguments: string }

export type ChatWriting = {
  head: ChatHead
  outcome: ChatOutcome
  calls: readonly IdentifiedCall[]
  /** Null leaves it out. */
  usage: JsonObject | null
  /** A fault: no choice, or one without content. */
  left: 'nothing' | 'message' | null
  /** Milliseconds before the first word, and for 100 ms of words. */
  delayMs: number
  pace: number
}

/** Characters of a chunk; words come as fast as in a realtime session, where as many take 100 ms. */
const WORDS = 12
const ARGUMENTS = 24
const CHUNK_MS = 100

/** "The chat completion object" of the API reference. */
export function completionOf(writing: ChatWriting): JsonObject {
  const { head, usage } = writing
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: writing.left === 'nothing' ? [] : [choiceOf(writing)],
    ...(usage === null ? {} : { usage }),
    service_tier: 'default',
    system_fingerprint: head.fingerprint,
  }
}

/** Milliseconds that the whole takes: a completion that is not streamed comes when its last word is there. */
export function makingMs({ outcome, delayMs, pace }: ChatWriting): number {
  const words = pieces(outcome.content ?? '', WORDS).length
  return delayMs + (words * CHUNK_MS) / pace
}

function choiceOf({ outcome, calls, left }: ChatWriting): JsonObject {
  const { content, refusal, finish } = outcome
  const tools = calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }))
  const message =
    left === 'message'
      ? { role: 'assistant', content: null, refusal: null, annotations: [] }
      : {
          role: 'assistant',
          content,
          ...(tools.length > 0 ? { tool_calls: tools } : {}),
          refusal,
          annotations: [],
        }
  return { index: 0, message, logprobs: null, finish_reason: left === 'message' ? 'stop' : finish }
}

/** "The chat completion chunk object": every chunk of a stream with the time it takes, `[DONE]` at the end. */
export function* chunksOf(
  writing: ChatWriting,
  options: { includeUsage: boolean; obfuscation: Random | null },
): Generator<Piece & { json: boolean }> {
  const { head, usage, outcome, calls, left, delayMs, pace } = writing
  const chunk = (choices: JsonObject[], extra: JsonObject = {}, waitMs = 0): Piece & { json: boolean } => {
    const { obfuscation } = options
    const body = {
      id: head.id,
      object: 'chat.completion.chunk',
      created: head.created,
      model: head.model,
      service_tier: 'default',
      system_fingerprint: head.fingerprint,
      choices,
      ...(options.includeUsage ? { usage: null } : {}),
      ...extra,
      ...(obfuscation && choices.length > 0 ? { obfuscation: obfuscation.letters(8) } : {}),
    }
    return { waitMs, bytes: `data: ${JSON.stringify(body)}\n\n`, json: true }
  }
  const delta = (fields: JsonObject, waitMs = 0, finish: string | null = null) =>
    chunk([{ index: 0, delta: fields, logprobs: null, finish_reason: finish }], {}, waitMs)
  if (left !== 'nothing') {
    yield delta(
      { role: 'assistant', content: calls.length > 0 && !outcome.content ? null : '', refusal: null },
      delayMs,
    )
    if (left === null) yield* spoken(outcome, calls, pace, delta)
    if (outcome.failure) {
      const { code, message } = outcome.failure
      const error = errorOf(failure(code, message))
      yield { waitMs: 0, bytes: `data: ${JSON.stringify({ error })}\n\n`, json: true }
      return
    }
    yield delta({}, 0, left === 'message' ? 'stop' : outcome.finish)
  }
  if (options.includeUsage && usage !== null) yield chunk([], { usage })
  yield { waitMs: 0, bytes: 'data: [DONE]\n\n', json: false }
}

function* spoken(
  outcome: ChatOutcome,
  calls: readonly IdentifiedCall[],
  pace: number,
  delta: (fields: JsonObject, waitMs?: number) => Piece & { json: boolean },
): Generator<Piece & { json: boolean }> {
  for (const refusal of pieces(outcome.refusal ?? '', WORDS)) yield delta({ refusal }, CHUNK_MS / pace)
  for (const content of pieces(outcome.content ?? '', WORDS)) yield delta({ content }, CHUNK_MS / pace)
  for (const [index, { id, name, arguments: given }] of calls.entries()) {
    yield delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
    for (const part of pieces(given, ARGUMENTS))
      yield delta({ tool_calls: [{ index, function: { arguments: part } }] }, 2)
  }
}

/** A text in parts of so many characters, none of them cut in two. */
function pieces(text: string, length: number): string[] {
  const characters = [...text]
  const parts: string[] = []
  for (let at = 0; at < characters.length; at += length)
    parts.push(characters.slice(at, at + length).join(''))
  return parts
}
