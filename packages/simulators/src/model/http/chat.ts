import { Mind } from '../core/brain.ts'
import { textTokens } from '../core/tokens.ts'
import type { JsonObject } from '../protocol/shape.ts'
import { type ChatWriting, chunksOf, completionOf, makingMs } from './chat-answer.ts'
import { ChatMemory } from './chat-memory.ts'
import { wordsOf } from './chat-messages.ts'
import { type ChatOutcome, outcomeOf } from './chat-outcome.ts'
import { type ChatRequest, readChat } from './chat-request.ts'
import { chatSituation } from './chat-situation.ts'
import { type Piece, takeFault } from './delivery.ts'
import type { Answered, Asking, HttpParts } from './http-parts.ts'
import { badRequest, failure } from './refusal.ts'
import type { RequestRecord } from './request-log.ts'

/** Tokens that frame a message in the prompt. */
const FRAME = 3

/** `POST /v1/chat/completions` ("Create chat completion" in the API reference), answered by the brain. */
export class Chat {
  readonly #parts: HttpParts
  readonly #memory = new ChatMemory()
  readonly #fingerprint: string

  constructor(parts: HttpParts) {
    this.#parts = parts
    this.#fingerprint = `fp_${parts.random.letters(10).toLowerCase()}`
  }

  answer({ body, record, rates, suspect }: Asking): Answered {
    const read = readChat(body, this.#parts.deployments)
    if ('refusal' in read) return read
    const { request } = read
    const sizes = request.messages.map((message) => textTokens(textIn(message)) + FRAME)
    const headTokens = textTokens(request.head)
    const prompt = sizes.reduce((sum, size) => sum + size, headTokens)
    const long = tooLong(request, prompt)
    if (long) return { refusal: long }
    const { refusal, headers } = rates.take(request.model, prompt, Date.now())
    if (refusal) return { refusal }
    const { manner, brain, switches } = this.#parts
    const now = chatSituation(request.messages, request.tools, request.metadata)
    const mind = new Mind(brain, manner, this.#memory.takenBefore(request.messages))
    const reply = mind.reply(now)
    this.#memory.remember(request.messages, mind.taken)
    const outcome = this.#spoilt(
      outcomeOf(reply, request, now, ({ code, message }) => suspect(code, message), switches.forcedCall),
      record,
    )
    const cached = this.#memory.cachedTokens(
      `${request.model}
${request.head}`,
      headTokens,
      request.messages,
      sizes,
    )
    const writing = this.#writing(outcome, request, record, usageOf(prompt, cached, outcome), reply)
    Object.assign(record, {
      said: outcome.content ?? outcome.refusal,
      calls: outcome.calls,
      finish: outcome.finish,
      usage: writing.usage,
    })
    if (request.stream)
      return {
        answer: { headers: { ...headers, ...STREAMED }, pieces: this.#stream(writing, request, record) },
      }
    if (outcome.failure) {
      const { status, ...rest } = failure(outcome.failure.code, outcome.failure.message)
      return { refusal: { status, ...rest, headers } }
    }
    return { answer: this.#whole(writing, record, headers) }
  }

  #writing(
    outcome: ChatOutcome,
    request: ChatRequest,
    record: RequestRecord,
    usage: JsonObject,
    { delayMs, pace }: { delayMs: number; pace: number },
  ): ChatWriting {
    const { faults, switches, random } = this.#parts
    const isUncounted = switches.usage === 'null' || faults.take('no-usage', null) !== null
    return {
      head: {
        id: random.id('chatcmpl').replace('_', '-'),
        created: Math.floor(Date.now() / 1000),
        model: request.signedAs,
        fingerprint: this.#fingerprint,
      },
      outcome,
      calls: outcome.calls.map((call) => ({ id: random.id('call').slice(0, 29), ...call })),
      usage: isUncounted ? null : usage,
      left: leftBy(takeFault(faults, 'empty-choice', record)),
      delayMs,
      pace,
    }
  }

  /** What faults make of a completion. */
  #spoilt(outcome: ChatOutcome, record: RequestRecord): ChatOutcome {
    const { faults } = this.#parts
    const refused = takeFault(faults, 'refusal', record)
    if (refused) {
      const refusal = refused.message ?? "I'm sorry, I can't assist with that request."
      return { ...outcome, content: null, refusal, calls: [], finish: 'stop', failure: null }
    }
    const [first, ...others] = outcome.calls
    const wrong = first && takeFault(faults, 'wrong-arguments', record)
    if (!first || !wrong) return outcome
    const given = wrong.arguments ?? first.arguments.slice(0, Math.ceil(first.arguments.length / 2))
    return { ...outcome, calls: [{ name: wrong.name ?? first.name, arguments: given }, ...others] }
  }

  #whole(writing: ChatWriting, record: RequestRecord, rateHeaders: Record<string, string>) {
    const text = JSON.stringify(completionOf(writing))
    const isBroken = takeFault(this.#parts.faults, 'malformed-answer', record) !== null
    const bytes = Buffer.from(isBroken ? halfOf(text) : text)
    const headers = {
      ...rateHeaders,
      'content-type': 'application/json',
      'content-length': String(bytes.length),
    }
    return { headers, pieces: [{ waitMs: makingMs(writing), bytes }] }
  }

  *#stream(writing: ChatWriting, request: ChatRequest, record: RequestRecord): Generator<Piece> {
    const { faults, switches, random } = this.#parts
    const broken = takeFault(faults, 'malformed-answer', record)
    const obfuscation = switches.obfuscation && request.obfuscate ? random : null
    let sent = 0
    for (const piece of chunksOf(writing, { includeUsage: request.includeUsage, obfuscation })) {
      const isBroken = broken !== null && piece.json && sent === (broken.after ?? 0)
      yield isBroken ? { ...piece, bytes: `${halfOf(String(piece.bytes))}\n\n` } : piece
      sent += 1
    }
  }
}

const STREAMED = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

function tooLong({ traits, maxTokens, messages }: ChatRequest, prompt: number) {
  const { contextTokens, maxOutputTokens } = traits
  const wanted = maxTokens === maxOutputTokens ? 0 : maxTokens
  if (prompt + wanted <= contextTokens) return null
  return badRequest(
    `This model's maximum context length is ${contextTokens} tokens. However, your messages resulted in ${prompt} ` +
      `tokens. Please reduce the length of the messages.`,
    messages.length > 0 ? 'messages' : null,
    'context_length_exceeded',
  )
}

function textIn(message: ChatRequest['messages'][number]): string {
  const calls = message.tool_calls?.map(({ function: { name, arguments: given } }) => `${name}${given}`) ?? []
  return `${wordsOf(message)}${calls.join('')}`
}

/** "The usage object": cached tokens are part of the prompt, thought tokens part of the completion. */
function usageOf(prompt: number, cached: number, { tokens }: ChatOutcome): JsonObject {
  return {
    prompt_tokens: prompt,
    completion_tokens: tokens.output,
    total_tokens: prompt + tokens.output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function leftBy(fault: { left?: 'nothing' | 'message' } | null): 'nothing' | 'message' | null {
  return fault ? (fault.left ?? 'message') : null
}

function halfOf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}
