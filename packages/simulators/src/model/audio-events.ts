import { entryOf } from './core/conversation.ts'
import { type CallerTurn, InputAudio } from './input-audio.ts'
import type { JsonObject, Problem } from './protocol/shape.ts'
import { alreadyActive, respond } from './response-events.ts'
import type { RealtimeSession } from './session.ts'

/** "The audio, at most 15 MiB per event" (input_audio_buffer.append in the API reference). */
const APPEND_LIMIT = 15 * 1024 * 1024
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The input buffer of a session, wired to what the session does when a turn begins and ends. */
export function createInputAudio(session: RealtimeSession): InputAudio {
  const input = new InputAudio({
    started: (startMs) => speechStarted(session, startMs),
    stopped: (endMs) => speechStopped(session, endMs),
  })
  const { format, turn_detection: detection } = session.config.audio.input
  input.configure(format, detection)
  return input
}

export function appendAudio(session: RealtimeSession, event: JsonObject): Problem | null {
  const audio = String(event.audio)
  const { format } = session.config.audio.input
  if (audio.length % 4 !== 0 || !BASE64.test(audio)) {
    const wanted = format.type === 'audio/pcm' ? 'mono PCM16 at 24kHz' : 'mono G.711 at 8kHz'
    return {
      code: 'invalid_value',
      message: `Invalid 'audio'. Expected base64-encoded audio bytes (${wanted}) but got an invalid value.`,
      param: 'audio',
    }
  }
  const bytes = Buffer.from(audio, 'base64')
  if (bytes.length > APPEND_LIMIT) {
    return { code: 'invalid_value', message: 'Audio is longer than 15 MiB.', param: 'audio' }
  }
  if (!session.isUpdated && session.appended.events === 0) {
    session.suspect(
      'append-before-session-updated',
      'Audio came before session.updated: read as 24 kHz PCM16.',
    )
  }
  const looksLike = session.suspicion.look(bytes, format)
  if (looksLike) {
    session.suspect('audio-format-mismatch', `Audio is read as ${format.type} but looks like ${looksLike}.`)
  }
  session.appended.events += 1
  session.appended.bytes += bytes.length
  session.input.append(bytes)
  if (session.idleDueMs !== null && session.input.clockMs >= session.idleDueMs) idleTimeout(session)
  return null
}

/** Ends the buffered audio as a user item. It never makes a response by itself. */
export function commitAudio(session: RealtimeSession): Problem | null {
  const { bufferedMs } = session.input
  if (bufferedMs < 100) {
    return {
      code: 'input_audio_buffer_commit_empty',
      message:
        'Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, ' +
        `but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`,
      param: null,
    }
  }
  const itemId = session.openItemId ?? session.surroundings.random.id('item')
  addTurn(session, itemId, session.input.commit())
  return null
}

export function clearAudio(session: RealtimeSession): Problem | null {
  session.input.clear()
  session.openItemId = null
  session.send('input_audio_buffer.cleared', {})
  return null
}

function speechStarted(session: RealtimeSession, startMs: number): void {
  const itemId = session.surroundings.random.id('item')
  session.openItemId = itemId
  session.idleDueMs = null
  session.send('input_audio_buffer.speech_started', { audio_start_ms: startMs, item_id: itemId })
  if (session.config.audio.input.turn_detection?.interrupt_response)
    session.activeResponse?.cancel('turn_detected')
}

function speechStopped(session: RealtimeSession, endMs: number): void {
  const itemId = session.openItemId ?? session.surroundings.random.id('item')
  session.send('input_audio_buffer.speech_stopped', { audio_end_ms: endMs, item_id: itemId })
  addTurn(session, itemId, session.input.commit())
  if (session.config.audio.input.turn_detection?.create_response) respondByItself(session)
}

/**
 * Voice detection answers. It may collide with a response that the client has asked for meanwhile, which is
 * nobody's mistake: an error without an event id, or silence, by switch.
 */
function respondByItself(session: RealtimeSession): void {
  const active = session.activeResponse
  const problem = active ? alreadyActive(active.id) : respond(session, {})
  if (problem && session.surroundings.switches.vadCollision === 'error') session.complain(problem, null)
}

function addTurn(session: RealtimeSession, itemId: string, turn: CallerTurn): void {
  session.openItemId = null
  session.understood.push({ ...turn, itemId })
  const part: JsonObject & { type: string } = { type: 'input_audio', transcript: null }
  const audioMs = turn.endMs - turn.startMs
  const entry = entryOf(
    {
      id: itemId,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [part],
    },
    { audioMs, audio: turn.audio, heard: turn.heard },
  )
  session.send('input_audio_buffer.committed', {
    item_id: itemId,
    previous_item_id: session.conversation.lastId,
  })
  const added = session.conversation.add(entry)
  const previous = 'previous' in added ? added.previous : null
  session.send('conversation.item.added', { previous_item_id: previous, item: structuredClone(entry.item) })
  session.send('conversation.item.done', { previous_item_id: previous, item: structuredClone(entry.item) })
  const { transcription } = session.config.audio.input
  if (!transcription || audioMs === 0) return
  session.transcriber.transcribe({
    itemId,
    part,
    text: turn.heard,
    audioMs,
    model: typeof transcription.model === 'string' ? transcription.model : 'gpt-4o-mini-transcribe',
    logprobs: isIncluded(session),
  })
}

/** Nobody spoke for `idle_timeout_ms` after the assistant's audio: an empty turn, and a response to it. */
function idleTimeout(session: RealtimeSession): void {
  session.idleDueMs = null
  if (session.input.isSpeechOpen || session.activeResponse) return
  const itemId = session.surroundings.random.id('item')
  const { clockMs } = session.input
  session.idleItems.add(itemId)
  session.send('input_audio_buffer.timeout_triggered', {
    audio_start_ms: Math.round(session.playedAtMs),
    audio_end_ms: clockMs,
    item_id: itemId,
  })
  addTurn(session, itemId, {
    startMs: clockMs,
    endMs: clockMs,
    words: [],
    heard: '',
    audio: new Uint8Array(0),
  })
  respondByItself(session)
}

function isIncluded(session: RealtimeSession): boolean {
  const { include } = session.config
  return Array.isArray(include) && include.includes('item.input_audio_transcription.logprobs')
}
