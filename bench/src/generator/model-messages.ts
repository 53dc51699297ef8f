import { deltaCode, unitText } from './audio-code.ts'
import { headLength, serverText, writeHead } from './websocket-frames.ts'

/** The model's side of the wire, shapes by "Realtime API: server events". All as whole WebSocket frames. */

let counter = 0
const eventId = (): string => `event_Bench${String(++counter).padStart(15, '0')}`

/** One event of the model. */
export function modelEvent(type: string, rest: object): Buffer {
  return serverText(JSON.stringify({ type, event_id: eventId(), ...rest }))
}

export type ReplyIds = { responseId: string; itemId: string }

/** One `response.output_audio.delta`, built around its base64 text without making a string of it. */
export function audioDelta(ids: ReplyIds, call: number, seq: number): Buffer {
  const audio = unitText(deltaCode, call, seq)
  const before = `{"type":"response.output_audio.delta","event_id":"${eventId()}","response_id":"${ids.responseId}","item_id":"${ids.itemId}","output_index":0,"content_index":0,"delta":"`
  const length = before.length + audio.length + 2
  const head = headLength(length, false)
  const frame = Buffer.allocUnsafe(head + length)
  writeHead(frame, length, false, 1)
  frame.write(before, head, 'latin1')
  audio.copy(frame, head + before.length)
  frame.write('"}', head + before.length + audio.length, 'latin1')
  return frame
}

/** A piece of what is said in a delta. @param text without quotes or backslashes */
export function transcriptDelta(ids: ReplyIds, text: string): Buffer {
  return serverText(
    `{"type":"response.output_audio_transcript.delta","event_id":"${eventId()}","response_id":"${ids.responseId}","item_id":"${ids.itemId}","output_index":0,"content_index":0,"delta":"${text}"}`,
  )
}

const item = (ids: ReplyIds, status: string, transcript: string | null) => ({
  id: ids.itemId,
  object: 'realtime.item',
  type: 'message',
  status,
  role: 'assistant',
  content: transcript === null ? [] : [{ type: 'output_audio', transcript }],
})

const response = (ids: ReplyIds, status: string, rest: object) => ({
  object: 'realtime.response',
  id: ids.responseId,
  status,
  status_details: null,
  output: [],
  conversation_id: 'conv_Bench0000000000000000',
  output_modalities: ['audio'],
  max_output_tokens: 'inf',
  audio: { output: { format: { type: 'audio/pcmu' }, voice: 'marin' } },
  usage: null,
  metadata: null,
  ...rest,
})

/** `response.created`. */
export const replyCreated = (ids: ReplyIds): Buffer =>
  modelEvent('response.created', { response: response(ids, 'in_progress', {}) })

/** What comes between `response.created` and the first delta. */
export function replyOpening(ids: ReplyIds): Buffer {
  return Buffer.concat([
    modelEvent('response.output_item.added', {
      response_id: ids.responseId,
      output_index: 0,
      item: item(ids, 'in_progress', null),
    }),
    modelEvent('conversation.item.added', { previous_item_id: null, item: item(ids, 'in_progress', null) }),
    modelEvent('response.content_part.added', {
      response_id: ids.responseId,
      item_id: ids.itemId,
      output_index: 0,
      content_index: 0,
      part: { type: 'audio', transcript: '' },
    }),
  ])
}

/** What comes after the last delta of a reply that was said to its end. */
export function replyClosing(ids: ReplyIds, transcript: string): Buffer {
  const place = {
    response_id: ids.responseId,
    item_id: ids.itemId,
    output_index: 0,
    content_index: 0,
  }
  return Buffer.concat([
    modelEvent('response.output_audio.done', place),
    modelEvent('response.output_audio_transcript.done', { ...place, transcript }),
    modelEvent('response.content_part.done', { ...place, part: { type: 'audio', transcript } }),
    modelEvent('conversation.item.done', {
      previous_item_id: null,
      item: item(ids, 'completed', transcript),
    }),
    modelEvent('response.output_item.done', {
      response_id: ids.responseId,
      output_index: 0,
      item: item(ids, 'completed', transcript),
    }),
  ])
}

/** `response.done` and the limits that follow it. */
export function replyDone(ids: ReplyIds, transcript: string, cancelled: boolean): Buffer {
  const status = cancelled ? 'cancelled' : 'completed'
  return Buffer.concat([
    modelEvent('response.done', {
      response: response(ids, status, {
        status_details: cancelled ? { type: 'cancelled', reason: 'turn_detected' } : null,
        output: [item(ids, cancelled ? 'incomplete' : 'completed', transcript)],
        usage: {
          total_tokens: 253,
          input_tokens: 132,
          output_tokens: 121,
          input_token_details: {
            text_tokens: 119,
            audio_tokens: 13,
            image_tokens: 0,
            cached_tokens: 64,
            cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
          },
          output_token_details: { text_tokens: 30, audio_tokens: 91 },
        },
      }),
    }),
    modelEvent('rate_limits.updated', {
      rate_limits: [{ name: 'tokens', limit: 800_000, remaining: 799_000, reset_seconds: 0.1 }],
    }),
  ])
}

/** What the model's voice detection says when the caller's turn is over. */
export function turnCommitted(itemId: string, audioEndMs: number): Buffer {
  const heard = {
    id: itemId,
    object: 'realtime.item',
    type: 'message',
    status: 'completed',
    role: 'user',
    content: [{ type: 'input_audio', transcript: null }],
  }
  return Buffer.concat([
    modelEvent('input_audio_buffer.speech_stopped', { audio_end_ms: audioEndMs, item_id: itemId }),
    modelEvent('input_audio_buffer.committed', { item_id: itemId, previous_item_id: null }),
    modelEvent('conversation.item.added', { previous_item_id: null, item: heard }),
    modelEvent('conversation.item.done', { previous_item_id: null, item: heard }),
  ])
}

/** The words of the caller's turn. */
export const turnTranscribed = (itemId: string): Buffer =>
  modelEvent('conversation.item.input_audio_transcription.completed', {
    item_id: itemId,
    content_index: 0,
    transcript: '来週の予約について伺いたいのですが、空いている日はありますか。',
    usage: {
      type: 'tokens',
      total_tokens: 42,
      input_tokens: 20,
      output_tokens: 22,
      input_token_details: { text_tokens: 0, audio_tokens: 20 },
    },
  })

const sessionId = (acceptedAt: number): string => `sess_Bench${Math.floor(acceptedAt * 1000)}`
const expiresAt = (): number => Math.floor(Date.now() / 1000) + 3600

/** What a fresh socket is greeted with. @param acceptedAt tells sessions apart */
export const sessionCreated = (acceptedAt: number): Buffer =>
  modelEvent('session.created', {
    session: {
      type: 'realtime',
      object: 'realtime.session',
      id: sessionId(acceptedAt),
      model: 'gpt-realtime-2.1',
      output_modalities: ['audio'],
      instructions: '',
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
      expires_at: expiresAt(),
      audio: {
        input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription: null, turn_detection: null },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
      },
    },
  })

/** Every setting is taken as it was asked for. */
export const sessionUpdated = (acceptedAt: number, session: object): Buffer =>
  modelEvent('session.updated', {
    session: {
      object: 'realtime.session',
      id: sessionId(acceptedAt),
      model: 'gpt-realtime-2.1',
      expires_at: expiresAt(),
      ...session,
    },
  })

/** A response was asked for while another one runs. */
export const alreadyActive = (): Buffer =>
  modelEvent('error', {
    error: {
      type: 'invalid_request_error',
      code: 'conversation_already_has_active_response',
      message: 'Conversation already has an active response in progress.',
      param: null,
      event_id: null,
    },
  })
