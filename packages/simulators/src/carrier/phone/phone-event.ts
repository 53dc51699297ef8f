import type { PhoneWord } from './hearing.ts'

/** How a call ended for the phone. */
export type PhoneEnd =
  | 'hung-up'
  | 'other-side'
  | 'busy'
  | 'no-answer'
  | 'canceled'
  | 'rejected'
  | 'unobtainable'

export type PhoneEvent = { ms: number; at: string } & (
  | { type: 'ringing' }
  | { type: 'answered'; callSid: string }
  | { type: 'speaks'; text: string }
  | { type: 'said'; text: string; startMs: number; endMs: number; whole: boolean }
  | { type: 'heard'; word: PhoneWord }
  | { type: 'pressed'; digits: string }
  /** A voicemail begins to record. */
  | { type: 'records' }
  | { type: 'script'; line: string }
  | { type: 'script-failed'; message: string }
  | { type: 'over'; end: PhoneEnd }
)
/** An event before it is timed. */
export type Happening = PhoneEvent extends infer E
  ? E extends PhoneEvent
    ? Omit<E, 'ms' | 'at'>
    : never
  : never
