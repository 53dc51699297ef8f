import { appendAudio, clearAudio, commitAudio } from './audio-events.ts'
import { createItem, deleteItem, retrieveItem, truncateItem } from './item-events.ts'
import { CLIENT_EVENTS } from './protocol/event-shapes.ts'
import { isObject, type JsonObject, type Problem, unsupported } from './protocol/shape.ts'
import { cancelResponse, createResponse } from './response-events.ts'
import type { RealtimeSession } from './session.ts'
import { updateSession } from './session-update.ts'

/** What a client event does; a refusal is returned, not thrown. */
type Handler = (session: RealtimeSession, event: JsonObject) => Problem | null

/** A frame of a client as far as it could be read: either what is wrong with it, or what to do. */
export type ClientEvent = {
  type: string | null
  id: string | null
  event: JsonObject | null
  problem: Problem | null
  handle: ((session: RealtimeSession) => Problem | null) | null
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  'session.update': updateSession,
  'session.close': (session) => {
    session.close(1000, '')
    return null
  },
  'input_audio_buffer.append': appendAudio,
  'input_audio_buffer.commit': commitAudio,
  'input_audio_buffer.clear': clearAudio,
  'conversation.item.create': createItem,
  'conversation.item.retrieve': retrieveItem,
  'conversation.item.truncate': truncateItem,
  'conversation.item.delete': deleteItem,
  'response.create': createResponse,
  'response.cancel': cancelResponse,
}

/** A binary frame: the socket stays open. */
export const NOT_TEXT = unread(
  'invalid_event',
  'Binary messages are not supported. Please send your events as JSON text.',
)

/** Reads one text frame and checks it by the shape of its type. */
export function readClientEvent(text: string): ClientEvent {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch {
    return unread('invalid_json', 'Failed to parse JSON. Please ensure that your event is valid JSON.')
  }
  if (!isObject(event)) return unread('invalid_event', 'Invalid event. Expected a JSON object.')
  const id = typeof event.event_id === 'string' ? event.event_id : null
  const { type } = event
  if (typeof type !== 'string') {
    return { ...unread('invalid_event', "Missing required parameter: 'type'.", 'type'), id, event }
  }
  const shape = Object.hasOwn(CLIENT_EVENTS, type) ? CLIENT_EVENTS[type] : undefined
  const handler = HANDLERS[type]
  if (!shape || !handler) {
    return { type, id, event, problem: unsupported('type', type, Object.keys(CLIENT_EVENTS)), handle: null }
  }
  const problem = shape(event, '')
  return { type, id, event, problem, handle: problem ? null : (session) => handler(session, event) }
}

function unread(code: string, message: string, param: string | null = null): ClientEvent {
  return { type: null, id: null, event: null, problem: { code, message, param }, handle: null }
}
