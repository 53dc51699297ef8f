import { createListener, textOf } from '@toritsugi/audio'
import { decodeAudio, encodeAudio } from './audio-format.ts'
import { type Entry, entryOf, type Item } from './core/conversation.ts'
import { isObject, type JsonObject, type Problem } from './protocol/shape.ts'
import type { RealtimeSession } from './session.ts'

/** `conversation.item.create`: puts a client's item into the conversation. It makes no response. */
export function createItem(session: RealtimeSession, event: JsonObject): Problem | null {
  const made = madeEntry(session, isObject(event.item) ? event.item : {})
  if ('code' in made) return made
  const after = typeof event.previous_item_id === 'string' ? event.previous_item_id : null
  const added = session.conversation.add(made, after)
  if ('code' in added) return added
  const shown = { previous_item_id: added.previous, item: shownItem(made) }
  session.send('conversation.item.added', shown)
  session.send('conversation.item.done', shown)
  return null
}

/** An entry of a client's (already checked) item, its audio understood; `beside` is other input of its response. */
export function madeEntry(
  session: RealtimeSession,
  item: JsonObject,
  beside: readonly Entry[] = [],
): Entry | Problem {
  const { random, switches } = session.surroundings
  const id = typeof item.id === 'string' ? item.id : random.id('item')
  if (id.length > switches.itemIdLength) {
    return {
      code: 'invalid_value',
      message:
        `Invalid 'item.id': string too long. Expected a string with maximum length ${switches.itemIdLength}, ` +
        `but got a string with length ${id.length} instead.`,
      param: 'item.id',
    }
  }
  const known = [...session.conversation.entries, ...beside]
  if (item.type === 'function_call_output' && !hasCall(known, item.call_id)) {
    return {
      code: 'invalid_tool_call_id',
      message: `Tool call ID '${String(item.call_id)}' not found in conversation.`,
      param: null,
    }
  }
  const audio = audioIn(session, item)
  return entryOf(
    {
      ...structuredClone(item),
      id,
      object: 'realtime.item',
      type: String(item.type),
      status: typeof item.status === 'string' ? item.status : 'completed',
      ...(item.type === 'function_call' && item.call_id === undefined
        ? { call_id: random.id('call').slice(0, 21) }
        : {}),
    },
    audio,
  )
}

function hasCall(entries: readonly Entry[], callId: unknown): boolean {
  return entries.some(({ item }) => item.type === 'function_call' && item.call_id === callId)
}

/** Understands `input_audio` that comes inside an item, as if it had been appended and committed. */
function audioIn(session: RealtimeSession, item: JsonObject): Partial<Omit<Entry, 'item'>> {
  const parts: unknown[] = Array.isArray(item.content) ? item.content : []
  const samples = parts.flatMap((part) => {
    if (!isObject(part) || typeof part.audio !== 'string') return []
    return [decodeAudio(session.config.audio.input.format)(Buffer.from(part.audio, 'base64'))]
  })
  if (samples.length === 0) return {}
  const listener = createListener('caller')
  const words = [...samples.flatMap((pcm) => listener.push(pcm)), ...listener.flush()]
  const count = samples.reduce((sum, pcm) => sum + pcm.length, 0)
  const audio = Buffer.concat(samples.map((pcm) => encodeAudio(pcm, { type: 'audio/pcmu' })))
  return { heard: textOf(words), audioMs: Math.floor(count / 8), audio }
}

/** `conversation.item.retrieve`: the item with its audio, in the session's format for that side. */
export function retrieveItem(session: RealtimeSession, event: JsonObject): Problem | null {
  const entry = session.conversation.find(String(event.item_id))
  if (!entry) return unknownItem('retrieve', 'retrieving', String(event.item_id))
  const item = shownItem(entry)
  const { input, output } = session.config.audio
  for (const part of item.content ?? []) {
    if (part.type !== 'input_audio' && part.type !== 'output_audio') continue
    const format = part.type === 'input_audio' ? input.format : output.format
    const pcm = decodeAudio({ type: 'audio/pcmu' })(entry.audio)
    part.audio = Buffer.from(encodeAudio(pcm, format)).toString('base64')
  }
  session.send('conversation.item.retrieved', { item })
  return null
}

/** `conversation.item.truncate`: what the caller did not hear is forgotten, words included. */
export function truncateItem(session: RealtimeSession, event: JsonObject): Problem | null {
  const itemId = String(event.item_id)
  const contentIndex = Number(event.content_index)
  const audioEndMs = Number(event.audio_end_ms)
  if (session.conversation.find(itemId)?.open) {
    session.suspect('truncate-while-generating', `Item ${itemId} was truncated while it was being generated.`)
  }
  const problem = session.conversation.truncate(itemId, contentIndex, audioEndMs)
  if (problem) return problem
  session.send('conversation.item.truncated', {
    item_id: itemId,
    content_index: contentIndex,
    audio_end_ms: audioEndMs,
  })
  return null
}

/** `conversation.item.delete`. */
export function deleteItem(session: RealtimeSession, event: JsonObject): Problem | null {
  const itemId = String(event.item_id)
  if (!session.conversation.remove(itemId)) return unknownItem('delete', 'deleting', itemId)
  session.send('conversation.item.deleted', { item_id: itemId })
  return null
}

/** An item as events show it: never with audio bytes. */
function shownItem(entry: Entry): Item {
  const item = structuredClone(entry.item)
  for (const part of item.content ?? []) {
    if (part.type !== 'input_audio') continue
    delete part.audio
    part.transcript ??= null
  }
  return item
}

function unknownItem(verb: string, doing: string, itemId: string): Problem {
  return {
    code: `item_${verb}_invalid_item_id`,
    message: `Error ${doing} item: the item with id '${itemId}' does not exist.`,
    param: 'item_id',
  }
}
