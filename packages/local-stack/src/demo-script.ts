import type { Expected } from './story/verdict.ts'

/** Who calls in the demonstration. */
export const CALLER = '+819012345678'

/**
 * What the caller of the demonstration does, in the carrier simulator's words: cuts the greeting off, leaves a
 * message (the assistant uses a tool for that), and says goodbye.
 */
export const DEMO_SCRIPT = `
wait-to-hear 20s ありがとう
say すみません、田中さんに伝言をお願いします。
wait-to-hear 20s 承り
wait-for-silence 600ms
say 明日の会議は三時からです。
wait-to-hear 20s 承知
wait-for-silence 600ms
say 以上です。失礼します。
wait-for-end 30s
`

/**
 * What the carrier's debugger will hold against us in every call that the assistant ends: the stream is closed from
 * our side ("Error 31921: Stream - WebSocket - Close Error").
 */
export const ANNOUNCED = ['31921']

/** What that provokes, and so what has to be found in the facts of the call. */
export const expected: Expected = {
  callerTurns: 3,
  assistantTurns: 4,
  bargeIn: true,
  tool: 'take-message',
  endReasons: ['assistant-ended'],
}
