import { levelDbfs } from '@toritsugi/audio'
import { toneIn } from '../line/spectrum.ts'
import { FRAME_MS } from '../line/ticker.ts'

export type AnsweredBy =
  | 'human'
  | 'machine_start'
  | 'machine_end_beep'
  | 'machine_end_silence'
  | 'machine_end_other'
  | 'fax'
  | 'unknown'

/** What is asked of the detection; times in ms ("Answering Machine Detection: optional tuning parameters"). */
export type DetectionSettings = {
  /** Waits for the end of a machine's greeting. */
  untilMessageEnd: boolean
  timeoutMs: number
  /** Speech longer than this is a machine's. */
  speechThresholdMs: number
  /** Silence that ends speech. */
  speechEndThresholdMs: number
  /** Silence from the beginning after which nobody knows. */
  silenceTimeoutMs: number
}

const VOICE_DBFS = -45
/** Sound of this length that is no tone is speech; shorter is a click. */
const ONSET_MS = 60
/** A tone of this length is meant; a shorter one is an accident of a voice. */
const TONE_MS = 140
/** Called and calling tone of a fax (ITU-T T.30), and how long one has to last. */
const FAX_HZ: ReadonlySet<number | 'chord'> = new Set([1100, 2100])
const FAX_MS = 400
/** A beep ends; what sounds on is another signal. */
const LONGEST_BEEP_MS = 3000

type Tone = { hz: number | 'chord'; ms: number }

/**
 * Tells human, machine and fax apart by what the called phone sounds like: how long it speaks before it is silent,
 * and its tones. Give it every 20 ms from the answer on.
 */
export class MachineDetector {
  readonly #settings: DetectionSettings
  #ms = 0
  #lastSoundMs = 0
  #voiceRunMs = 0
  /** When speech began, and its last moment so far: pauses within speech are part of it. */
  #speech: { fromMs: number; toMs: number } | undefined
  #isMachine = false
  #tone: Tone | undefined

  constructor(settings: DetectionSettings) {
    this.#settings = settings
  }

  /** Time on its clock, from the answer. */
  get ms(): number {
    return this.#ms
  }

  /** Takes 20 ms; answers as soon as it knows. */
  push(frame: Int16Array | undefined): AnsweredBy | undefined {
    this.#ms += FRAME_MS
    const isSound = frame !== undefined && levelDbfs(frame) > VOICE_DBFS
    const tone = isSound ? toneIn(frame) : undefined
    if (isSound) this.#lastSoundMs = this.#ms
    return this.#hearTone(tone) ?? this.#hearVoice(isSound && tone === undefined) ?? this.#hearNothing()
  }

  /** A tone that has gone on long enough, or ended. */
  #hearTone(hz: number | 'chord' | undefined): AnsweredBy | undefined {
    const before = this.#tone
    if (hz !== undefined && before?.hz === hz) before.ms += FRAME_MS
    else this.#tone = hz === undefined ? undefined : { hz, ms: FRAME_MS }
    const tone = this.#tone
    if (tone && !this.#speech && tone.ms >= FAX_MS && FAX_HZ.has(tone.hz)) return 'fax'
    if (tone && tone.ms > LONGEST_BEEP_MS) return this.#machine('machine_end_other')
    if (before === undefined || before === tone || before.ms < TONE_MS) return undefined
    return this.#machine(before.hz === 'chord' ? 'machine_end_other' : 'machine_end_beep')
  }

  #hearVoice(isVoice: boolean): AnsweredBy | undefined {
    this.#voiceRunMs = isVoice ? this.#voiceRunMs + FRAME_MS : 0
    if (this.#voiceRunMs < ONSET_MS) return undefined
    this.#speech ??= { fromMs: this.#ms - ONSET_MS, toMs: this.#ms }
    this.#speech.toMs = this.#ms
    if (this.#ms - this.#speech.fromMs < this.#settings.speechThresholdMs) return undefined
    this.#isMachine = true
    return this.#settings.untilMessageEnd ? undefined : 'machine_start'
  }

  #hearNothing(): AnsweredBy | undefined {
    const { timeoutMs, silenceTimeoutMs, speechEndThresholdMs } = this.#settings
    const quietMs = this.#ms - this.#lastSoundMs
    if (this.#speech && quietMs >= speechEndThresholdMs) {
      return this.#isMachine ? 'machine_end_silence' : 'human'
    }
    if (!this.#speech && quietMs >= silenceTimeoutMs) return 'unknown'
    return this.#ms >= timeoutMs ? 'unknown' : undefined
  }

  #machine(end: 'machine_end_beep' | 'machine_end_other'): AnsweredBy {
    return this.#settings.untilMessageEnd ? end : 'machine_start'
  }
}
