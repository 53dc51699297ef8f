import { type Entry, entryOf, type Item } from './core/conversation.ts'
import { assistantAudioTokens, textTokens } from './core/tokens.ts'
import type { JsonObject } from './protocol/shape.ts'
import type { ResponseRequest, ResponseWorld } from './response-request.ts'
import { type Speech, speechOf, wordsUntil } from './speech.ts'

export type OpenMessage = {
  is: 'message'
  entry: Entry
  index: number
  text: string
  speech: Speech | null
  /** Words sent so far. */
  sent: string
  /** Bytes of audio sent so far. */
  bytes: number
}
export type OpenCall = { is: 'call'; entry: Entry; index: number; text: string; sent: string }

/** Characters of text and of arguments in one delta. */
const TEXT_DELTA = 12
const ARGUMENTS_DELTA = 24

/**
 * The output items of one response: opens them, sends their deltas and closes them, each with the documented
 * events in the documented order, and counts what was made.
 */
export class ResponseOutput {
  readonly items: Item[] = []
  readonly tokens = { text: 0, audio: 0 }
  /** Milliseconds of audio made. */
  audioMs = 0
  open: OpenMessage | OpenCall | null = null
  readonly #request: ResponseRequest
  readonly #world: ResponseWorld

  constructor(request: ResponseRequest, world: ResponseWorld) {
    this.#request = request
    this.#world = world
  }

  openMessage(text: string): OpenMessage {
    const { modality, format, speed } = this.#request
    const speech = modality === 'audio' ? speechOf(text, format, speed) : null
    const { entry, index } = this.#add({ type: 'message', role: 'assistant', content: [] })
    const open: OpenMessage = { is: 'message', entry, index, text, speech, sent: '', bytes: 0 }
    this.open = open
    entry.item.content = [
      speech ? { type: 'output_audio', transcript: '' } : { type: 'output_text', text: '' },
    ]
    this.#world.send('response.content_part.added', { ...this.#place(open), part: partOf(open) })
    return open
  }

  openCall(name: string, text: string): OpenCall {
    const callId = this.#world.random.id('call').slice(0, 21)
    const { entry, index } = this.#add({ type: 'function_call', name, call_id: callId, arguments: '' })
    const open: OpenCall = { is: 'call', entry, index, text, sent: '' }
    this.open = open
    return open
  }

  /** Sends the next piece of a call's arguments; false when all are sent. */
  sendArguments(open: OpenCall): boolean {
    const delta = open.text.slice(open.sent.length, open.sent.length + ARGUMENTS_DELTA)
    if (delta === '') return false
    open.sent += delta
    this.tokens.text += textTokens(delta)
    this.#world.send('response.function_call_arguments.delta', { ...this.#callPlace(open), delta })
    return true
  }

  /** Sends the next delta with the words that belong to it. Returns its length in ms; null when all is said. */
  sendDelta(open: OpenMessage): number | null {
    const { speech } = open
    if (!speech) {
      const rest = open.text.slice(open.sent.length)
      if (rest === '') return null
      this.#sendWords(open, rest.slice(0, TEXT_DELTA))
      return 100
    }
    if (open.bytes >= speech.bytes.length) return null
    const length = Math.max(1, Math.round(this.#world.random.between(this.#request.reply.deltaMs)) || 1)
    const until = Math.min(open.bytes + length * speech.bytesPerMs, speech.bytes.length)
    const ms = Math.floor(until / speech.bytesPerMs)
    const words = wordsUntil(open.text, ms, speech.ms).slice(open.sent.length)
    if (words !== '') this.#sendWords(open, words)
    const delta = speech.bytes.toString('base64', open.bytes, until)
    const deltaMs = (until - open.bytes) / speech.bytesPerMs
    open.bytes = until
    if (!open.entry.truncated) open.entry.audioMs = ms
    if (this.audioMs === 0) this.#world.spoke()
    this.audioMs += deltaMs
    this.tokens.audio = assistantAudioTokens(this.audioMs)
    this.#world.send('response.output_audio.delta', { ...this.#place(open), delta })
    return deltaMs
  }

  /** Says that the open item is over. */
  close(status: 'completed' | 'incomplete'): void {
    const { open } = this
    if (!open) return
    this.open = null
    const { entry, index } = open
    entry.item.status = status
    entry.open = false
    if (open.is === 'message') this.#closeMessage(open)
    else this.#closeCall(open)
    const item = structuredClone(entry.item)
    if (!this.#request.outOfBand && this.#world.conversation.find(item.id)) {
      const previous = this.#world.conversation.previousOf(item.id)
      this.#world.send('conversation.item.done', { previous_item_id: previous, item })
    }
    this.#world.send('response.output_item.done', {
      response_id: this.#request.id,
      output_index: index,
      item,
    })
  }

  #add(fields: Pick<Item, 'type'> & JsonObject): { entry: Entry; index: number } {
    const id = this.#world.random.id('item')
    const item: Item = { id, object: 'realtime.item', status: 'in_progress', ...fields }
    const entry = entryOf(item, { open: true })
    const index = this.items.push(item) - 1
    const shown = structuredClone(item)
    this.#world.send('response.output_item.added', {
      response_id: this.#request.id,
      output_index: index,
      item: shown,
    })
    if (this.#request.outOfBand) return { entry, index }
    const added = this.#world.conversation.add(entry)
    const previous = 'previous' in added ? added.previous : null
    this.#world.send('conversation.item.added', { previous_item_id: previous, item: shown })
    return { entry, index }
  }

  #sendWords(open: OpenMessage, delta: string): void {
    open.sent += delta
    this.tokens.text += textTokens(delta)
    const part = open.entry.item.content?.[0]
    if (part && !open.entry.truncated) part[open.speech ? 'transcript' : 'text'] = open.sent
    this.#world.send(open.speech ? 'response.output_audio_transcript.delta' : 'response.output_text.delta', {
      ...this.#place(open),
      delta,
    })
  }

  #closeMessage(open: OpenMessage): void {
    const place = this.#place(open)
    const { entry, speech, sent } = open
    if (speech) {
      entry.audio = speech.mulaw.subarray(0, entry.audioMs * 8)
      this.#world.send('response.output_audio.done', place)
      this.#world.send('response.output_audio_transcript.done', { ...place, transcript: sent })
    } else {
      this.#world.send('response.output_text.done', { ...place, text: sent })
    }
    this.#world.send('response.content_part.done', { ...place, part: partOf(open) })
  }

  #closeCall(open: OpenCall): void {
    open.entry.item.arguments = open.sent
    this.#world.send('response.function_call_arguments.done', {
      ...this.#callPlace(open),
      name: open.entry.item.name,
      arguments: open.sent,
    })
  }

  #place({ entry, index }: OpenMessage): JsonObject {
    return { response_id: this.#request.id, item_id: entry.item.id, output_index: index, content_index: 0 }
  }

  #callPlace({ entry: { item }, index }: OpenCall): JsonObject {
    return { response_id: this.#request.id, item_id: item.id, output_index: index, call_id: item.call_id }
  }
}

/** Content parts keep the short names `audio` and `text`. */
function partOf({ speech, sent }: OpenMessage): JsonObject {
  return speech ? { type: 'audio', transcript: sent } : { type: 'text', text: sent }
}
