import type { Ending, ReplyPart } from './core/brain.ts'
import { type Usage, usageOf } from './core/tokens.ts'
import type { JsonObject } from './protocol/shape.ts'
import { type OpenMessage, ResponseOutput } from './response-output.ts'
import type { ResponseRequest, ResponseWorld } from './response-request.ts'

/** Part of the time to first audio that passes before the output item is announced. */
const ANNOUNCED_AFTER = 0.7

/** One response while it is generated: a script of events with waits between them, which a cancel cuts short. */
export class ResponseRun {
  readonly id: string
  readonly request: ResponseRequest
  readonly #world: ResponseWorld
  readonly #output: ResponseOutput
  #script: Generator<number, void> | null = null
  #timer: NodeJS.Timeout | null = null
  #dueAt = 0
  #isDone = false

  constructor(request: ResponseRequest, world: ResponseWorld) {
    this.id = request.id
    this.request = request
    this.#world = world
    this.#output = new ResponseOutput(request, world)
  }

  /** Milliseconds of audio made so far. */
  get audioMs(): number {
    return this.#output.audioMs
  }

  start(): void {
    this.#world.send('response.created', { response: this.#face('in_progress', null, null) })
    this.#script = this.#perform()
    this.#dueAt = performance.now()
    this.#advance()
  }

  /** Stops generating; the open item is closed as incomplete and what was made is billed. */
  cancel(reason: 'turn_detected' | 'client_cancelled'): void {
    if (this.#isDone) return
    this.#halt()
    const { count, afterDone } = this.#world.lateDeltas()
    const late = this.#output.open?.is === 'message' ? this.#output.open : null
    if (late && !afterDone) this.#sendLate(late, count)
    this.#finish('cancelled', { type: 'cancelled', reason })
    if (late && afterDone) this.#sendLate(late, count)
  }

  /** Ends at once in an error of the service's own. */
  fail(code: string, message: string): void {
    if (this.#isDone) return
    this.#halt()
    this.#finish('failed', { type: 'failed', error: { type: errorType(code), code, message } })
  }

  /** Ends as incomplete. */
  cut(reason: string): void {
    if (this.#isDone) return
    this.#halt()
    this.#finish('incomplete', { type: 'incomplete', reason })
  }

  /** Stops without a word: the socket is gone. */
  abandon(): void {
    this.#halt()
    this.#isDone = true
  }

  #halt(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#script = null
  }

  #advance(): void {
    while (this.#script) {
      const step = this.#script.next()
      if (step.done || !this.#script) return
      this.#dueAt += step.value
      const wait = this.#dueAt - performance.now()
      if (wait > 1) {
        this.#timer = setTimeout(() => this.#advance(), wait)
        return
      }
    }
  }

  *#perform(): Generator<number, void> {
    const { reply } = this.request
    yield reply.delayMs * ANNOUNCED_AFTER
    let first = true
    for (const part of reply.parts) {
      yield* part.is === 'speech' ? this.#speak(part, first) : this.#call(part)
      first = false
      if (!this.#script) return
    }
    if (reply.ends.status === 'completed') this.#finish('completed', null)
    else this.#endAs(reply.ends)
  }

  *#speak(part: ReplyPart & { is: 'speech' }, first: boolean): Generator<number, void> {
    const { reply, maxOutputTokens } = this.request
    const output = this.#output
    const open = output.openMessage(part.text)
    if (first) yield reply.delayMs * (1 - ANNOUNCED_AFTER)
    for (let ms = output.sendDelta(open); ms !== null; ms = output.sendDelta(open)) {
      const share = shareOf(open)
      const spent = output.tokens.text + output.tokens.audio
      if (maxOutputTokens !== 'inf' && spent >= maxOutputTokens && share < 1) this.cut('max_output_tokens')
      else if (reply.ends.status !== 'completed' && share >= 0.5) this.#endAs(reply.ends)
      if (!this.#script) return
      yield ms / reply.pace
      if (!this.#script) return
    }
    output.close('completed')
  }

  *#call(part: ReplyPart & { is: 'call' }): Generator<number, void> {
    const open = this.#output.openCall(part.name, part.arguments)
    while (this.#output.sendArguments(open)) yield 2
    this.#output.close('completed')
  }

  #sendLate(open: OpenMessage, count: number): void {
    for (let sent = 0; sent < count && this.#output.sendDelta(open) !== null; sent += 1);
  }

  #endAs(ends: Ending): void {
    if (ends.status === 'failed') this.fail(ends.code, ends.message)
    else if (ends.status === 'incomplete') this.cut(ends.reason)
  }

  #finish(status: string, details: JsonObject | null): void {
    this.#output.close(status === 'completed' ? 'completed' : 'incomplete')
    this.#halt()
    this.#isDone = true
    const { countsUsage, prompt, promptBefore } = this.request
    const counted = countsUsage && status !== 'failed'
    const usage = counted ? usageOf(prompt, promptBefore, { ...this.#output.tokens, image: 0 }) : null
    this.#world.send('response.done', { response: this.#face(status, details, usage) })
    this.#world.done()
  }

  #face(status: string, details: JsonObject | null, usage: Usage | null): JsonObject {
    const { request } = this
    return {
      object: 'realtime.response',
      id: this.id,
      status,
      status_details: details,
      output: structuredClone(this.#output.items),
      conversation_id: request.conversationId,
      output_modalities: [request.modality],
      max_output_tokens: request.maxOutputTokens,
      audio: { output: { format: request.format, voice: request.voice } },
      usage,
      metadata: request.metadata,
    }
  }
}

/** How much of a message has been sent, 0–1. */
function shareOf({ speech, bytes, sent, text }: OpenMessage): number {
  return speech ? bytes / speech.bytes.length : sent.length / text.length
}

function errorType(code: string): string {
  if (code === 'server_error') return 'server_error'
  return code === 'insufficient_quota' ? 'insufficient_quota' : 'invalid_request_error'
}
