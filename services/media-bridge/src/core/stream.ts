import type { IntentKind } from '@toritsugi/contracts'
import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** Why a stream ended, as its last fact says it. */
export type StreamEndCause = 'stop' | 'closed' | 'lost' | 'superseded' | 'refused'

/** What is to happen when the stream ends, and why; committed before it is closed. */
export type Intent = {
  what: IntentKind
  reason: string /** By whoever asked for the end. */
  committed?: boolean
}

/** One stream of a call: opening → flowing → draining → closed. */
export type Stream =
  | { is: 'opening' }
  | { is: 'flowing' }
  /** The last words are asked for; they are heard to their end, whoever speaks. */
  | { is: 'saying-goodbye'; intent: Intent }
  /** The last words are spoken; the carrier still plays them. */
  | { is: 'playing-out'; intent: Intent }
  /** The reason is being committed; then the socket is closed. */
  | { is: 'committing'; intent: Intent }
  /** The caller is gone; what the model still owes is waited for. */
  | { is: 'draining'; because: StreamEndCause }
  | { is: 'closed'; because: StreamEndCause }

export type StreamEvent =
  /** The session is ready; audio flows both ways. */
  | { type: 'session.ready' }
  /** End the call after these words, or without any. */
  | { type: 'end.wanted'; intent: Intent; farewell: 'say' | 'said' }
  /** The response with the last words is done; what it made is queued at the carrier. */
  | { type: 'farewell.spoken' }
  /** All that was queued has been heard, or its time is over. */
  | { type: 'played-out' }
  /** Nothing more can be done for this call here: close with this intent, now. */
  | { type: 'given-up'; intent: Intent }
  /** The intent is committed, or cannot be. */
  | { type: 'intent.settled' }
  | { type: 'carrier.stopped' }
  | { type: 'carrier.lost' }
  | { type: 'superseded' }
  /** The stream is not ours to serve: no token, no place, nothing we understand. */
  | { type: 'refused' }
  /** The pod's grace is over. */
  | { type: 'pod.stopping' }
  /** Nothing is owed any more, or the time for it is over. */
  | { type: 'drained' }

export type StreamCommand =
  | { type: 'say-goodbye'; intent: Intent }
  | { type: 'watch-play-out' }
  | { type: 'commit'; intent: Intent }
  | { type: 'close-carrier' }
  /** Ask the model for what it owes, and wait for it a little. */
  | { type: 'drain' }
  | { type: 'finish'; because: StreamEndCause }

type StreamStep = Step<Stream, StreamCommand>

export function stepStream(stream: Stream, event: StreamEvent): StreamStep {
  if (stream.is === 'closed') return stay(stream)
  switch (event.type) {
    case 'session.ready':
      return stream.is === 'opening' ? go({ is: 'flowing' }) : stay(stream)
    case 'end.wanted': {
      if (stream.is !== 'flowing') return stay(stream)
      const { intent } = event
      return event.farewell === 'say'
        ? go<Stream, StreamCommand>({ is: 'saying-goodbye', intent }, { type: 'say-goodbye', intent })
        : go<Stream, StreamCommand>({ is: 'playing-out', intent }, { type: 'watch-play-out' })
    }
    case 'farewell.spoken':
      return stream.is === 'saying-goodbye'
        ? go<Stream, StreamCommand>({ is: 'playing-out', intent: stream.intent }, { type: 'watch-play-out' })
        : stay(stream)
    case 'played-out':
      return stream.is === 'playing-out' ? commit(stream.intent) : stay(stream)
    case 'given-up':
      if (stream.is === 'saying-goodbye' || stream.is === 'playing-out') return commit(stream.intent)
      return stream.is === 'opening' || stream.is === 'flowing' ? commit(event.intent) : stay(stream)
    case 'intent.settled':
      return stream.is === 'committing' ? end('closed', { type: 'close-carrier' }) : stay(stream)
    case 'carrier.stopped':
      return stream.is === 'draining' ? stay(stream) : gone(stream, 'stop')
    case 'carrier.lost':
      return stream.is === 'draining' ? stay(stream) : gone(stream, 'lost')
    case 'superseded':
      return end('superseded', { type: 'close-carrier' })
    case 'refused':
      return end('refused', { type: 'close-carrier' })
    case 'pod.stopping':
      return stream.is === 'draining' ? end(stream.because) : end('closed', { type: 'close-carrier' })
    case 'drained':
      return stream.is === 'draining' ? end(stream.because) : stay(stream)
    default:
      return assertNever(event)
  }
}

const commit = (intent: Intent): StreamStep =>
  go<Stream, StreamCommand>({ is: 'committing', intent }, { type: 'commit', intent })

/** Without a session there is nothing to wait for. */
const gone = (stream: Stream, because: StreamEndCause): StreamStep =>
  stream.is === 'opening'
    ? end(because)
    : go<Stream, StreamCommand>({ is: 'draining', because }, { type: 'drain' })

const end = (because: StreamEndCause, ...first: StreamCommand[]): StreamStep =>
  go<Stream, StreamCommand>({ is: 'closed', because }, ...first, { type: 'finish', because })
