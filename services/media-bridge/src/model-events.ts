import {
  type DeltaScan,
  type ModelError,
  type ModelResponse,
  newDeltaScan,
  readServerEvent,
  type ServerEvent,
  scanAudioDelta,
} from '@toritsugi/realtime-protocol'
import type { BridgeCounts } from './bridge-metrics.ts'

/** Told what the model says, one by one. */
export type ModelEars = {
  audio(bytes: Buffer, found: DeltaScan, receivedAt: number): void
  words(responseId: string, itemId: string, delta: string): void
  wordsDone(itemId: string, text: string): void
  audioDone(itemId: string): void
  speechStarted(itemId: string, audioStartMs: number): void
  speechStopped(itemId: string, audioEndMs: number): void
  committed(itemId: string): void
  callerWords(itemId: string, delta: string): void
  callerTranscribed(itemId: string, transcript: string, usage: unknown): void
  callerNotTranscribed(itemId: string): void
  responseCreated(response: ModelResponse): void
  responseDone(response: ModelResponse): void
  error(error: ModelError): void
}

/** Used for every event of every call: an event is handled before the next is looked at. */
const found = newDeltaScan()

/** Takes the model's messages apart: audio by a look at its bytes, the rest by reading it. Never throws. */
export function modelEvents(ears: ModelEars, counts: BridgeCounts): (bytes: Buffer) => void {
  /** A delta written in a way the scan does not know. */
  const unusualDelta = (responseId: string, itemId: string, delta: string): void => {
    const type = 'response.output_audio.delta'
    const plain = Buffer.from(JSON.stringify({ type, response_id: responseId, item_id: itemId, delta }))
    if (scanAudioDelta(plain, found)) ears.audio(plain, found, performance.now())
    else counts.modelEventsMalformed++
  }

  const take = (event: ServerEvent): void => {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        ears.speechStarted(event.itemId, event.audioStartMs)
        return
      case 'input_audio_buffer.speech_stopped':
        ears.speechStopped(event.itemId, event.audioEndMs)
        return
      case 'input_audio_buffer.committed':
        ears.committed(event.itemId)
        return
      case 'conversation.item.input_audio_transcription.delta':
        ears.callerWords(event.itemId, event.delta)
        return
      case 'conversation.item.input_audio_transcription.completed':
        ears.callerTranscribed(event.itemId, event.transcript, event.usage)
        return
      case 'conversation.item.input_audio_transcription.failed':
        ears.callerNotTranscribed(event.itemId)
        return
      case 'response.created':
        ears.responseCreated(event.response)
        return
      case 'response.done':
        ears.responseDone(event.response)
        return
      case 'response.output_audio_transcript.delta':
        ears.words(event.responseId, event.itemId, event.delta)
        return
      case 'response.output_audio_transcript.done':
        ears.wordsDone(event.itemId, event.transcript)
        return
      case 'response.output_audio.done':
        ears.audioDone(event.itemId)
        return
      case 'response.output_audio.delta':
        unusualDelta(event.responseId, event.itemId, event.delta)
        return
      case 'error':
        ears.error(event.error)
        return
      case 'malformed':
        counts.modelEventsMalformed++
        return
      default:
        counts.modelEventsUnused++
    }
  }

  return (bytes) => {
    if (scanAudioDelta(bytes, found)) ears.audio(bytes, found, performance.now())
    else take(readServerEvent(bytes))
  }
}
