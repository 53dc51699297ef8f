import type { CallId, FactData, Transcript } from '@toritsugi/contracts'
import { go, type Step, stay } from '@toritsugi/machine'
import { assemble, lastFactsMs, type StreamRecord } from './assemble.ts'
import { recordTurn, type TurnFact, type TurnRecord } from './turn-record.ts'

/** All that is known of one call's words. Times in ms since 1970. */
export type TranscriptState = {
  callId: CallId
  /** How many streams the call had; null while it is not over. */
  streamsExpected: number | null
  streams: readonly StreamRecord[]
  turns: readonly TurnRecord[]
  /** Set once, when nothing more is waited for: from then on nothing changes. */
  completed: FactData<'transcript.completed'> | null
}

/** `at`: when it was said (ms since 1970); `sequence`: its number in the count of its source. */
type Said<F> = F & { at: number; sequence: number }

export type TranscriptEvent =
  | Said<TurnFact>
  | Said<{ type: 'call.started' }>
  | Said<{ type: 'call.ended'; data: FactData<'call.ended'> }>
  | Said<{ type: 'stream.started'; data: FactData<'stream.started'> }>
  | Said<{ type: 'stream.ended'; data: FactData<'stream.ended'> }>
  | { type: 'lastFacts.expired' }

export type TranscriptCommand =
  | { type: 'publish'; data: FactData<'transcript.completed'> }
  | { type: 'awaitLastFacts'; ms: number }
  | { type: 'stopAwaiting' }

export const emptyTranscript = (callId: CallId): TranscriptState => ({
  callId,
  streamsExpected: null,
  streams: [],
  turns: [],
  completed: null,
})

/**
 * The transcript after one more fact, in whatever order and however often they come. It is completed once: as
 * soon as the call is over and every turn's words are settled, or when the wait for the last facts is over.
 */
export function step(
  state: TranscriptState,
  event: TranscriptEvent,
): Step<TranscriptState, TranscriptCommand> {
  if (state.completed !== null) return stay(state)
  switch (event.type) {
    case 'call.started':
      return stay(state)
    case 'turn.started':
    case 'turn.ended':
    case 'turn.transcribed':
    case 'turn.unheard-text':
      return settle(withTurn(state, event))
    case 'stream.started':
      return settle(
        withStream(state, event.data.epoch, (s) => ({ ...s, startedAt: s.startedAt ?? event.at })),
      )
    case 'stream.ended':
      return settle(
        withStream(state, event.data.epoch, (s) => ({
          ...s,
          endedAt: s.endedAt ?? event.at,
          turns: [...new Set([...s.turns, ...event.data.turns])],
        })),
      )
    case 'call.ended':
      return state.streamsExpected === null
        ? settle(
            { ...state, streamsExpected: event.data.streams },
            { type: 'awaitLastFacts', ms: lastFactsMs },
          )
        : stay(state)
    case 'lastFacts.expired':
      return complete(state)
  }
}

function withTurn(state: TranscriptState, event: Said<TurnFact>): TranscriptState {
  const known = state.turns.find((turn) => turn.turnId === event.data.turnId) ?? null
  const turn = recordTurn(known, event, event)
  if (turn === known) return state
  return { ...state, turns: [...state.turns.filter((other) => other !== known), turn] }
}

function withStream(
  state: TranscriptState,
  epoch: number,
  change: (stream: StreamRecord) => StreamRecord,
): TranscriptState {
  const known = state.streams.find((stream) => stream.epoch === epoch)
  const stream = change(known ?? { epoch, startedAt: null, endedAt: null, turns: [] })
  return { ...state, streams: [...state.streams.filter((other) => other !== known), stream] }
}

/** Completes the transcript when nothing is missing any more; else asks for what `otherwise` says. */
function settle(
  state: TranscriptState,
  otherwise?: TranscriptCommand,
): Step<TranscriptState, TranscriptCommand> {
  if (state.streamsExpected === null) return go(state)
  if (!assemble(state).hasAll) return otherwise === undefined ? go(state) : go(state, otherwise)
  const done = complete(state)
  return otherwise === undefined ? go(done.state, ...done.commands, { type: 'stopAwaiting' }) : done
}

function complete(state: TranscriptState): Step<TranscriptState, TranscriptCommand> {
  const { utterances, missing, hasAllOfKnown } = assemble(state)
  const completed = {
    utterances: utterances.length,
    complete: hasAllOfKnown,
    missing: missing.slice(0, 5000),
  }
  return go<TranscriptState, TranscriptCommand>({ ...state, completed }, { type: 'publish', data: completed })
}

/** The transcript as it is shown, at any time. Nothing counts as missing while the call goes on. */
export function view(state: TranscriptState): Transcript {
  const { utterances, missing } = assemble(state)
  const { callId, completed } = state
  return {
    callId,
    complete: completed?.complete ?? false,
    missing: completed?.missing ?? (state.streamsExpected === null ? [] : missing),
    utterances,
  }
}
