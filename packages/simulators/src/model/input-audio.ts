import { createListener, encodeMulaw, type HeardWord, levelDbfs, textOf } from '@toritsugi/audio'
import { decodeAudio } from './audio-format.ts'
import type { AudioFormat, TurnDetection } from './core/session-config.ts'
import { quietVad, semanticSilenceMs, stepVad, type Vad, type VadRules } from './core/vad.ts'

const FRAME_MS = 20
const FRAME_SAMPLES = 160
/** Longest turn whose audio is kept for `conversation.item.retrieve`; the words are understood beyond it. */
const KEPT_MS = 600_000

/** One committed stretch of the caller's audio. */
export type CallerTurn = {
  startMs: number
  endMs: number
  words: readonly HeardWord[]
  /** The words as one text. */
  heard: string
  /** 8 kHz µ-law. */
  audio: Uint8Array
}

type OpenTurn = {
  startMs: number
  listener: ReturnType<typeof createListener>
  words: HeardWord[]
  audio: Uint8Array[]
}

/** Told when voice detection hears a turn begin or end. */
export type InputEars = { started: (startMs: number) => void; stopped: (endMs: number) => void }

/**
 * The input audio buffer: reads appended bytes in the session's format, finds turns by energy and understands
 * them by demodulation. Its only clock is the audio that was appended.
 */
export class InputAudio {
  readonly #ears: InputEars
  #decode = decodeAudio({ type: 'audio/pcm', rate: 24_000 })
  #detection: TurnDetection | null = null
  #rest = new Int16Array(0)
  #clockMs = 0
  #vad: Vad = quietVad()
  #turn: OpenTurn | null = null
  /** The last frames outside a turn: what the prefix padding is taken from. */
  #recent: Int16Array[] = []

  constructor(ears: InputEars) {
    this.#ears = ears
  }

  /** Milliseconds of audio appended so far. */
  get clockMs(): number {
    return this.#clockMs
  }

  /** Milliseconds that a commit would take. */
  get bufferedMs(): number {
    return this.#turn ? this.#clockMs - this.#turn.startMs : this.#recent.length * FRAME_MS
  }

  get isSpeechOpen(): boolean {
    return this.#vad.is === 'speech'
  }

  /** Words understood so far in the turn that is open. */
  get wordsSoFar(): string {
    return textOf(this.#turn?.words ?? [])
  }

  configure(format: AudioFormat, detection: TurnDetection | null): void {
    this.#decode = decodeAudio(format)
    if (detection?.type !== this.#detection?.type) {
      this.#turn = null
      this.#recent = []
      this.#vad = quietVad(this.#clockMs)
    }
    this.#detection = detection
  }

  /** Takes raw bytes in the configured format; calls the ears in the order of the audio. */
  append(bytes: Uint8Array): void {
    const pcm = joined(this.#rest, this.#decode(bytes))
    let offset = 0
    for (; offset + FRAME_SAMPLES <= pcm.length; offset += FRAME_SAMPLES) {
      this.#frame(pcm.subarray(offset, offset + FRAME_SAMPLES))
    }
    this.#rest = pcm.slice(offset)
  }

  /** Ends the open turn (or, without one, takes what is buffered). */
  commit(): CallerTurn {
    const turn = this.#turn ?? this.#openTurn(this.#clockMs - this.bufferedMs)
    const flushed = turn.listener.flush()
    const words = [...turn.words, ...flushed]
    this.#turn = null
    this.#recent = []
    this.#vad = quietVad(this.#clockMs)
    return {
      startMs: turn.startMs,
      endMs: this.#clockMs,
      words,
      heard: textOf(words),
      audio: Buffer.concat(turn.audio),
    }
  }

  /** Forgets what is buffered, an open turn too. */
  clear(): void {
    this.#turn = null
    this.#recent = []
    this.#vad = quietVad(this.#clockMs)
  }

  #frame(frame: Int16Array): void {
    this.#clockMs += FRAME_MS
    if (this.#turn) this.#keep(this.#turn, frame)
    else this.#recent.push(frame.slice())
    const detection = this.#detection
    if (!detection) {
      this.#turn ??= this.#openTurn(this.#clockMs - FRAME_MS)
      return
    }
    const rules = this.#rules(detection)
    const step = stepVad(this.#vad, rules, {
      endMs: this.#clockMs,
      frameMs: FRAME_MS,
      dbfs: levelDbfs(frame),
    })
    this.#vad = step.vad
    if (step.fact?.type === 'started') {
      this.#turn = this.#openTurn(step.fact.startMs)
      this.#ears.started(step.fact.startMs)
    } else if (step.fact?.type === 'stopped') {
      this.#ears.stopped(step.fact.endMs)
    }
    const kept = Math.ceil((rules.prefixMs + 100) / FRAME_MS)
    if (this.#recent.length > kept) this.#recent.splice(0, this.#recent.length - kept)
  }

  #rules(detection: TurnDetection): VadRules {
    if (detection.type === 'server_vad') {
      return {
        threshold: detection.threshold,
        prefixMs: detection.prefix_padding_ms,
        silenceMs: () => detection.silence_duration_ms,
      }
    }
    return {
      threshold: 0.5,
      prefixMs: 300,
      silenceMs: () => semanticSilenceMs(detection.eagerness, this.wordsSoFar),
    }
  }

  #openTurn(startMs: number): OpenTurn {
    const turn: OpenTurn = { startMs, listener: createListener('caller'), words: [], audio: [] }
    const frames = Math.round((this.#clockMs - startMs) / FRAME_MS)
    for (const frame of this.#recent.slice(-frames || this.#recent.length)) this.#keep(turn, frame)
    this.#recent = []
    return turn
  }

  #keep(turn: OpenTurn, frame: Int16Array): void {
    for (const word of turn.listener.push(frame)) {
      turn.words.push({ ...word, startMs: word.startMs + turn.startMs, endMs: word.endMs + turn.startMs })
    }
    if (turn.audio.length * FRAME_MS < KEPT_MS) turn.audio.push(encodeMulaw(frame))
  }
}

function joined(a: Int16Array, b: Int16Array): Int16Array {
  if (a.length === 0) return b
  const both = new Int16Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
