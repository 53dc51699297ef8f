import { callerAudioTokens, textTokens } from './core/tokens.ts'
import type { FaultList } from './faults.ts'
import type { JsonObject } from './protocol/shape.ts'
import type { Random } from './random.ts'

/** A committed turn that waits for its transcript. */
export type TranscriptionTask = {
  itemId: string
  /** Content part of the item that holds the audio. */
  part: JsonObject
  text: string
  audioMs: number
  model: string
  logprobs: boolean
}

export type TranscriberWorld = {
  session: number
  faults: FaultList
  random: Random
  delayMs: () => readonly [number, number]
  send: (type: string, fields: JsonObject) => void
}

/**
 * The separate model that writes down what the caller said. It answers late: after the reply has begun, and later
 * turns may overtake earlier ones.
 */
export class Transcriber {
  readonly #world: TranscriberWorld
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(world: TranscriberWorld) {
    this.#world = world
  }

  transcribe(task: TranscriptionTask): void {
    const { faults, random, session } = this.#world
    const late = faults.take('late-transcription', session)
    const failure = faults.take('fail-transcription', session)
    const delayMs = random.between(this.#world.delayMs()) + (late?.ms ?? 0)
    if (failure) {
      const { code = 'audio_unintelligible', message = 'The audio could not be transcribed.' } = failure
      this.#later(delayMs, () => {
        this.#world.send('conversation.item.input_audio_transcription.failed', {
          item_id: task.itemId,
          content_index: 0,
          error: { type: 'transcription_error', code, message, param: null },
        })
      })
      return
    }
    const pieces = piecesOf(task.text)
    for (const [index, delta] of pieces.entries()) {
      this.#later((delayMs * (index + 1)) / (pieces.length + 1), () => {
        this.#world.send('conversation.item.input_audio_transcription.delta', {
          item_id: task.itemId,
          content_index: 0,
          delta,
          ...(task.logprobs ? { logprobs: logprobsOf(delta) } : {}),
        })
      })
    }
    this.#later(delayMs, () => {
      task.part.transcript = task.text
      this.#world.send('conversation.item.input_audio_transcription.completed', {
        item_id: task.itemId,
        content_index: 0,
        transcript: task.text,
        usage: usageOf(task),
        ...(task.logprobs ? { logprobs: logprobsOf(task.text) } : {}),
      })
    })
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }
}

/** whisper-1 is billed by length, the others by token ("Input audio transcription completed" in the reference). */
function usageOf(task: TranscriptionTask): JsonObject {
  if (task.model === 'whisper-1') return { type: 'duration', seconds: Math.ceil(task.audioMs / 1000) }
  const audio = callerAudioTokens(task.audioMs)
  const output = textTokens(task.text)
  return {
    type: 'tokens',
    total_tokens: audio + output,
    input_tokens: audio,
    output_tokens: output,
    input_token_details: { text_tokens: 0, audio_tokens: audio },
  }
}

function piecesOf(text: string): string[] {
  if (text === '') return []
  const half = Math.ceil(text.length / 2)
  return [text.slice(0, half), text.slice(half)].filter((piece) => piece !== '')
}

function logprobsOf(token: string): JsonObject[] {
  return [{ token, logprob: -0.01, bytes: [...Buffer.from(token)] }]
}
