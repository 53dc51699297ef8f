import type { Ending, Reply, ReplyPart } from './core/brain.ts'
import { type Conversation, type Entry, entryOf, type Item } from './core/conversation.ts'
import type { AudioFormat } from './core/session-config.ts'
import { assistantAudioTokens, type PromptPart, textTokens, type Usage, usageOf } from './core/tokens.ts'
import type { JsonObject } from './protocol/shape.ts'
import type { Random } from './random.ts'
import { type Speech, speechOf, wordsUntil } from './speech.ts'

/** What a response is asked for, defaults of the session filled in. */
export type ResponseRequest = {
  id: string
  outOfBand: boolean
  conversationId: string | null
  modality: 'audio' | 'text'
  format: AudioFormat
  speed: number
  voice: string | JsonObject
  maxOutputTokens: number | 'inf'
  metadata: Readonly<Record<string, string>> | null
  prompt: readonly PromptPart[]
  promptBefore: readonly PromptPart[]
  reply: Reply
  lateDeltas: { count: number; afterDone: boolean }
  countsUsage: boolean
}

/** What a response needs of its session. */
export type ResponseWorld = {
  conversation: Conversation
  random: Random
  send: (type: string, fields: JsonObject) => void
  /** The first audio of this response is made: from now on the voice cannot change. */
  spoke: () => void
  done: (run: ResponseRun, usage: Usage | null) => void
}

type OpenMessage = {
  is: 'message'
  entry: Entry
  index: number
  text: string
  speech: Speech | null
  sent: string
  bytes: number
}
type OpenCall = { is: 'call'; entry: Entry; index: number; sent: string }

/** One response while it is generated: a script of events with waits between them, which a cancel cuts short. */
export class ResponseRun {
  readonly id: string
  readonly request: ResponseRequest
  readonly #world: ResponseWorld
  readonly #output: Entry[] = []
  #open: OpenMessage | OpenCall | null = null
  #script: Generator<number, void> | null = null
  #timer: NodeJS.Timeout | null = null
  #dueAt = 0
  #tokens = { text: 0, audio: 0 }
  #audioMs = 0
  #isDone = false

  constructor(request: ResponseRequest, world: ResponseWorld) {
    this.id = request.id
    this.request = request
    this.#world = world
  }

  get isDone(): boolean {
    return this.#isDone
  }

  /** Milliseconds of audio made so far. */
  get audioMs(): number {
    return this.#audioMs
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
    const { count, afterDone } = this.request.lateDeltas
    const late = this.#open?.is === 'message' ? this.#open : null
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
    yield reply.delayMs * 0.7
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
    const { reply, modality, format, speed, maxOutputTokens } = this.request
    const open = this.#openMessage(
      part.text,
      modality === 'audio' ? speechOf(part.text, format, speed) : null,
    )
    if (first) yield reply.delayMs * 0.3
    const stopAt = reply.ends.status === 'completed' ? 1 : 0.5
    for (let ms = this.#nextDelta(open); ms !== null; ms = this.#nextDelta(open)) {
      const share = open.speech ? open.bytes / open.speech.bytes.length : open.sent.length / open.text.length
      const spent = this.#tokens.text + this.#tokens.audio
      if (maxOutputTokens !== 'inf' && spent >= maxOutputTokens && share < 1) this.cut('max_output_tokens')
      else if (share >= stopAt && reply.ends.status !== 'completed') this.#endAs(reply.ends)
      if (!this.#script) return
      yield ms / reply.pace
      if (!this.#script) return
    }
    this.#closeOpen('completed')
  }

  *#call(part: ReplyPart & { is: 'call' }): Generator<number, void> {
    const callId = this.#world.random.id('call').slice(0, 21)
    const entry = this.#addItem({
      id: this.#world.random.id('item'),
      object: 'realtime.item',
      type: 'function_call',
      status: 'in_progress',
      name: part.name,
      call_id: callId,
      arguments: '',
    })
    const open: OpenCall = { is: 'call', entry, index: this.#output.length - 1, sent: '' }
    this.#open = open
    while (open.sent.length < part.arguments.length) {
      const delta = part.arguments.slice(open.sent.length, open.sent.length + 24)
      open.sent += delta
      this.#tokens.text += textTokens(delta)
      this.#world.send('response.function_call_arguments.delta', {
        response_id: this.id,
        item_id: entry.item.id,
        output_index: open.index,
        call_id: callId,
        delta,
      })
      yield 2
    }
    this.#closeOpen('completed')
  }

  #openMessage(text: string, speech: Speech | null): OpenMessage {
    const entry = this.#addItem({
      id: this.#world.random.id('item'),
      object: 'realtime.item',
      type: 'message',
      status: 'in_progress',
      role: 'assistant',
      content: [],
    })
    const open: OpenMessage = {
      is: 'message',
      entry,
      index: this.#output.length - 1,
      text,
      speech,
      sent: '',
      bytes: 0,
    }
    this.#open = open
    entry.item.content = [
      speech ? { type: 'output_audio', transcript: '' } : { type: 'output_text', text: '' },
    ]
    this.#world.send('response.content_part.added', {
      ...this.#place(open),
      part: speech ? { type: 'audio', transcript: '' } : { type: 'text', text: '' },
    })
    return open
  }

  #addItem(item: Item): Entry {
    const entry = entryOf(item, { open: true })
    this.#output.push(entry)
    const index = this.#output.length - 1
    this.#world.send('response.output_item.added', {
      response_id: this.id,
      output_index: index,
      item: structuredClone(item),
    })
    if (this.request.outOfBand) return entry
    const added = this.#world.conversation.add(entry)
    const previous = 'previous' in added ? added.previous : null
    this.#world.send('conversation.item.added', { previous_item_id: previous, item: structuredClone(item) })
    return entry
  }

  /** Sends the next delta with the words that belong to it. Returns its length in ms; null when all is said. */
  #nextDelta(open: OpenMessage): number | null {
    const { speech } = open
    if (!speech) {
      const rest = open.text.slice(open.sent.length)
      if (rest === '') return null
      this.#sendWords(open, rest.slice(0, 12))
      return 100
    }
    if (open.bytes >= speech.bytes.length) return null
    const length = Math.max(1, Math.round(this.#world.random.between(this.request.reply.deltaMs)))
    const until = Math.min(open.bytes + length * speech.bytesPerMs, speech.bytes.length)
    const ms = Math.floor(until / speech.bytesPerMs)
    const words = wordsUntil(open.text, ms, speech.ms).slice(open.sent.length)
    if (words !== '') this.#sendWords(open, words)
    const delta = speech.bytes.toString('base64', open.bytes, until)
    const deltaMs = (until - open.bytes) / speech.bytesPerMs
    open.bytes = until
    if (!open.entry.truncated) open.entry.audioMs = ms
    this.#audioMs += deltaMs
    this.#tokens.audio = assistantAudioTokens(this.#audioMs)
    if (this.#audioMs === deltaMs) this.#world.spoke()
    this.#world.send('response.output_audio.delta', { ...this.#place(open), delta })
    return deltaMs
  }

  #sendWords(open: OpenMessage, delta: string): void {
    open.sent += delta
    this.#tokens.text += textTokens(delta)
    const part = open.entry.item.content?.[0]
    if (part && !open.entry.truncated) part[open.speech ? 'transcript' : 'text'] = open.sent
    this.#world.send(open.speech ? 'response.output_audio_transcript.delta' : 'response.output_text.delta', {
      ...this.#place(open),
      delta,
    })
  }

  #sendLate(open: OpenMessage, count: number): void {
    for (let sent = 0; sent < count && this.#nextDelta(open) !== null; sent += 1);
  }

  #endAs(ends: Ending): void {
    if (ends.status === 'failed') this.fail(ends.code, ends.message)
    else if (ends.status === 'incomplete') this.cut(ends.reason)
  }

  /** Says that the open item is over, in the documented order of "done" events. */
  #closeOpen(status: 'completed' | 'incomplete'): void {
    const open = this.#open
    if (!open) return
    this.#open = null
    const { item } = open.entry
    item.status = status
    open.entry.open = false
    if (open.is === 'message') this.#closeMessage(open)
    else this.#closeCall(open)
    if (!this.request.outOfBand && this.#world.conversation.find(item.id)) {
      this.#world.send('conversation.item.done', {
        previous_item_id: this.#world.conversation.previousOf(item.id),
        item: structuredClone(item),
      })
    }
    this.#world.send('response.output_item.done', {
      response_id: this.id,
      output_index: open.index,
      item: structuredClone(item),
    })
  }

  #closeMessage(open: OpenMessage): void {
    const place = this.#place(open)
    const { entry, speech, sent } = open
    if (speech) {
      if (!entry.truncated) entry.audio = speech.mulaw.subarray(0, entry.audioMs * 8)
      this.#world.send('response.output_audio.done', place)
      this.#world.send('response.output_audio_transcript.done', { ...place, transcript: sent })
    } else {
      this.#world.send('response.output_text.done', { ...place, text: sent })
    }
    this.#world.send('response.content_part.done', {
      ...place,
      part: speech ? { type: 'audio', transcript: sent } : { type: 'text', text: sent },
    })
  }

  #closeCall(open: OpenCall): void {
    const { item } = open.entry
    item.arguments = open.sent
    this.#world.send('response.function_call_arguments.done', {
      response_id: this.id,
      item_id: item.id,
      output_index: open.index,
      call_id: item.call_id,
      name: item.name,
      arguments: open.sent,
    })
  }

  #finish(status: string, details: JsonObject | null): void {
    this.#closeOpen(status === 'completed' ? 'completed' : 'incomplete')
    this.#halt()
    this.#isDone = true
    const { countsUsage, prompt, promptBefore } = this.request
    const counted = countsUsage && status !== 'failed'
    const usage = counted ? usageOf(prompt, promptBefore, { ...this.#tokens, image: 0 }) : null
    this.#world.send('response.done', { response: this.#face(status, details, usage) })
    this.#world.done(this, usage)
  }

  #place(open: OpenMessage): JsonObject {
    return { response_id: this.id, item_id: open.entry.item.id, output_index: open.index, content_index: 0 }
  }

  #face(status: string, details: JsonObject | null, usage: Usage | null): JsonObject {
    const { request } = this
    return {
      object: 'realtime.response',
      id: this.id,
      status,
      status_details: details,
      output: this.#output.map(({ item }) => structuredClone(item)),
      conversation_id: request.conversationId,
      output_modalities: [request.modality],
      max_output_tokens: request.maxOutputTokens,
      audio: { output: { format: request.format, voice: request.voice } },
      usage,
      metadata: request.metadata,
    }
  }
}

function errorType(code: string): string {
  if (code === 'server_error') return 'server_error'
  return code === 'insufficient_quota' ? 'insufficient_quota' : 'invalid_request_error'
}
