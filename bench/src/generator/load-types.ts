import type { Quantiles } from '../measure/latency.ts'
import type { Integrity } from './stream-check.ts'

/** One call as the carrier would open it. */
export type CallTarget = {
  host: string
  port: number
  /** Path of the stream's socket. */
  path: string
  /** Headers of the upgrade besides the WebSocket ones: the signature. */
  headers: Readonly<Record<string, string>>
  accountSid: string
  callSid: string
  streamSid: string
  customParameters: Readonly<Record<string, string>>
}

/** How the two sides of every call talk, in ms. */
export type Rhythm = {
  /** The model's own time from the end of the caller's speech, or from `response.create`, to its first audio. */
  thinkMs: number
  callerMs: number
  replyMs: number
  greetingMs: number
  /** How much faster than real time the model's audio comes. */
  pace: number
  /** From the end of a reply at the phone to the caller's next words. */
  pauseMs: number
  /** The caller cuts every reply off after this long; null: never. */
  bargeInAfterMs: number | null
}

export type LoadSpec = {
  calls: readonly CallTarget[]
  callsPerSecond: number
  rhythm: Rhythm
  /** The subject asks for the greeting itself; otherwise the model starts it when the first audio comes. */
  asksForGreeting: boolean
  settleMs: number
  measureMs: number
  /** Whose CPU and memory to read, over the measured time. */
  subjectPid: number | null
  /** The core the subject has for itself; null: it has none. */
  subjectCore: number | null
  seed: number
  /** How long to wait, after the last frame, for what is on its way. Default 5000. */
  drainMs?: number
}

export type LoadResult = {
  calls: number
  /** Caller → model and model → caller, from the first unit of every call to the last. */
  toModel: Integrity
  toCaller: Integrity
  /** Added by the subject, over the measured time. */
  toModelMs: Quantiles
  toCallerMs: Quantiles
  /** Speech started sent → clear received; those that never came. */
  clearMs: Quantiles
  clearsMissing: number
  /** First audio of an answer to speech: what the subject added to the model's own time. */
  shareMs: Quantiles
  /** `start` sent → first audio of the greeting, less the model's own time; only calls whose socket was warm. */
  greetingMs: Quantiles
  coldGreetings: number
  greetingsMissing: number
  /** Units relayed in the measured time, both directions. */
  relayed: number
  measuredMs: number
  subjectCpuMs: number
  /** Share of the measured time that others than the subject had its core: a disturbed run measures them too. */
  othersOnCore: number
  /** Resident memory of the subject in the measured time, KiB. */
  residentKib: { median: number; least: number; most: number }
  /** Share of its core the generator used in the measured time. */
  generatorCpu: number
  /** How late the generator sent, worst case in the measured time. */
  generatorLagMs: number
  /** The same from the first call on: while it was late, the callers paused. */
  worstLagMs: number
  /** Appends the model got per read of its socket: above 1, the subject joins them. */
  appendsPerRead: number
  /** Marks that came per delta sent. */
  marksPerDelta: number
  faults: Readonly<Record<string, number>>
}
