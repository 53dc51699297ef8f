import type { AnsweredBy } from './amd/machine-detector.ts'
import type { RecordingStatus } from './recording/recording.ts'
import type { Method } from './webhooks.ts'

export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled'

export type Direction = 'inbound' | 'outbound-api'

/** What happened to a call, in order. */
export type CallEvent = { at: string; ms: number } & (
  | { type: 'status'; status: CallStatus }
  | {
      type: 'webhook'
      method: Method
      url: string
      params: Record<string, string>
      outcome: string
      tookMs: number
    }
  | { type: 'verb'; verb: string }
  | { type: 'stream'; what: string; streamSid: string }
  | { type: 'recording'; status: RecordingStatus; recordingSid: string }
  | { type: 'answered-by'; answeredBy: AnsweredBy; afterMs: number }
)
/** An event before it is timed. */
export type CallHappening = CallEvent extends infer E
  ? E extends CallEvent
    ? Omit<E, 'at' | 'ms'>
    : never
  : never
