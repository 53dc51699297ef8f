import type { CarrierLine } from './carrier-line.ts'
import type { LoadRecords } from './load-records.ts'
import type { Rhythm } from './load-types.ts'
import type { ModelSession } from './model-session.ts'

/** A call as its two ends share it inside the generator: the phone's end, and the model's end when it is bound. */
export type LoadCall = {
  readonly index: number
  readonly line: CarrierLine
  session: ModelSession | undefined
  /** The model's own part of the greeting, ms; NaN until it was asked for and begun. */
  greetingModelMs: number
  greetingWarm: boolean
  clearAskedAt: number
}

export type ModelHost = {
  readonly records: LoadRecords
  readonly rhythm: Rhythm
  readonly asksForGreeting: boolean
  callOf(index: number): LoadCall | undefined
  /** Takes a session that is for no call of the load, when it is set up. */
  stranger?: ((session: ModelSession) => void) | undefined
}
