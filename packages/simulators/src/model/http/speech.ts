import { resample, SAMPLE_RATE, speak, writeWav } from '@toritsugi/audio'
import { textTokens } from '../core/tokens.ts'
import {
  anything,
  isObject,
  type JsonObject,
  number,
  object,
  oneOf,
  type Shape,
  text,
} from '../protocol/shape.ts'
import { unknownModel } from './chat-models.ts'
import type { Piece } from './delivery.ts'
import type { Answered, Asking, HttpParts } from './http-parts.ts'
import { badRequest, notSimulated, type Refusal, refusalOf } from './refusal.ts'

/** Voices of all models; the older two lack the last four ("Text to speech" guide). */
const OLD_VOICES = ['alloy', 'ash', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer']
const VOICES = [...OLD_VOICES, 'ballad', 'verse', 'marin', 'cedar']

const MODELS = /^(tts-1(-hd)?(-1106)?|gpt-4o-mini-tts(-\d{4}-\d{2}-\d{2})?)$/

/** "Input of … tokens is over the maximum input limit of 2000 tokens", as users of gpt-4o-mini-tts report it. */
const INPUT_TOKENS = 2000

const RATE = 24_000
/** Context on both sides of a piece, in samples at 8 kHz, so that pieces join without a seam. */
const OVERLAP = 40
/** What is heard of a text without a word in it. */
const SILENCE_SAMPLES = 2400

const customVoice = object({ id: text({ min: 1, max: 256 }) }, ['id'])

function shapeFor(isOld: boolean): Shape {
  const named = oneOf(...(isOld ? OLD_VOICES : VOICES))
  return object(
    {
      model: anything,
      input: text({ min: 1, max: 4096 }),
      voice: (value, at) => (isObject(value) ? customVoice(value, at) : named(value, at)),
      instructions: text({ max: 4096 }),
      response_format: oneOf('mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'),
      speed: number({ min: 0.25, max: 4 }),
      stream_format: oneOf('audio', 'sse'),
    },
    ['input', 'voice'],
  )
}

/**
 * `POST /v1/audio/speech` ("Create speech" in the API reference): the text in the assistant's band, 24 kHz 16-bit
 * mono, sent while it is made. Only `wav` and `pcm`: the others would need an encoder, and are refused.
 */
export function answerSpeech(asking: Asking, parts: HttpParts): Answered {
  const { body, record, rates, suspect } = asking
  const refusal = refusalFor(body, parts.deployments)
  if (refusal) return { refusal }
  const model = String(body.model)
  const input = String(body.input)
  const tokens = textTokens(input)
  const taken = rates.take(model, tokens, Date.now())
  if (taken.refusal) return { refusal: taken.refusal }
  if (body.instructions !== undefined && model.startsWith('tts-1'))
    suspect('instructions-ignored', `${model} does not heed instructions.`)
  const speed = typeof body.speed === 'number' ? body.speed : 1
  const spoken = speak(input, 'assistant', { rate: Math.min(1, Math.max(0.4, speed)) })
  const pcm = spoken.length > 0 ? spoken : new Int16Array(SILENCE_SAMPLES)
  const usage = { input_tokens: tokens, output_tokens: Math.ceil(pcm.length / (SAMPLE_RATE / 20)) }
  Object.assign(record, {
    said: input,
    usage: { ...usage, total_tokens: usage.input_tokens + usage.output_tokens },
  })
  const isWav = body.response_format === 'wav'
  const head = isWav ? wavHead(pcm.length * 3, parts.switches.wavLength === 'exact') : null
  const audio = audioPieces(pcm, head, parts)
  if (body.stream_format === 'sse') {
    const headers = { ...taken.headers, 'content-type': 'text/event-stream; charset=utf-8' }
    return { answer: { headers, pieces: eventPieces(audio, record.usage ?? {}) } }
  }
  const headers = { ...taken.headers, 'content-type': isWav ? 'audio/wav' : 'audio/pcm' }
  return { answer: { headers, pieces: audio } }
}

function refusalFor(body: JsonObject, deployments: readonly string[]): Refusal | null {
  const { model } = body
  if (typeof model !== 'string' || model === '') return badRequest('you must provide a model parameter')
  if (!MODELS.test(model) && !deployments.includes(model)) return unknownModel(model)
  const isOld = model.startsWith('tts-1')
  const problem = shapeFor(isOld)(body, '')
  if (problem) return refusalOf(problem)
  const tokens = textTokens(String(body.input))
  if (!isOld && tokens > INPUT_TOKENS) {
    return badRequest(
      `Input of ${tokens} tokens is over the maximum input limit of ${INPUT_TOKENS} tokens. Please shorten your input.`,
      null,
      'invalid_value',
    )
  }
  if (isOld && body.stream_format === 'sse') {
    const message = `Unsupported value: 'stream_format' does not support 'sse' with this model.`
    return badRequest(message, 'stream_format', 'unsupported_value')
  }
  const format = String(body.response_format ?? 'mp3')
  if (format === 'wav' || format === 'pcm') return null
  const how = body.response_format === undefined ? 'speech as mp3, the default' : `speech as ${format}`
  return notSimulated(`${how}; ask for wav or pcm`, 'response_format')
}

/** The speech in pieces of the manner's length, each made when it is its turn. */
function* audioPieces(
  pcm: Int16Array,
  head: Uint8Array | null,
  { manner, random }: HttpParts,
): Generator<Piece> {
  let waitMs = manner.delayMs
  for (let at = 0; at < pcm.length; ) {
    const ms = Math.max(1, Math.round(random.between(manner.deltaMs)))
    const until = Math.min(pcm.length, at + ms * (SAMPLE_RATE / 1000))
    const wide = widened(pcm, at, until)
    yield { waitMs, bytes: at === 0 && head ? Buffer.concat([head, wide]) : wide }
    waitMs = (until - at) / (SAMPLE_RATE / 1000) / manner.pace
    at = until
  }
}

/** Part of the samples at 24 kHz, as if the whole had been changed at once. */
function widened(pcm: Int16Array, from: number, until: number): Buffer {
  const start = Math.max(0, from - OVERLAP)
  const wide = resample(pcm.subarray(start, until + OVERLAP), SAMPLE_RATE, RATE)
  const part = wide.subarray((from - start) * 3, (until - start) * 3)
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}

function wavHead(samples: number, isExact: boolean): Uint8Array {
  const head = Buffer.from(writeWav(new Int16Array(0), RATE))
  head.writeUInt32LE(isExact ? 36 + samples * 2 : 0xffff_ffff, 4)
  head.writeUInt32LE(isExact ? samples * 2 : 0xffff_ffff, 40)
  return head
}

/** `stream_format: "sse"`: `speech.audio.delta` events and `speech.audio.done` with the usage. */
function* eventPieces(audio: Iterable<Piece>, usage: JsonObject): Generator<Piece> {
  for (const { waitMs, bytes } of audio) {
    const event = { type: 'speech.audio.delta', audio: Buffer.from(bytes as Uint8Array).toString('base64') }
    yield { waitMs, bytes: `data: ${JSON.stringify(event)}\n\n` }
  }
  yield { waitMs: 0, bytes: `data: ${JSON.stringify({ type: 'speech.audio.done', usage })}\n\n` }
}
