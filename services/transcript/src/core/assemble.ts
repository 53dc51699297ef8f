import type { TurnId, Utterance } from '@toritsugi/contracts'
import type { TurnRecord } from './turn-record.ts'

/** What is known of one stream of the call. Times in ms since 1970. */
export type StreamRecord = {
  epoch: number
  startedAt: number | null
  endedAt: number | null
  /** The turns it named when it ended. */
  turns: readonly TurnId[]
}

export type CallRecord = {
  /** How many streams the call had; null while it is not over. */
  streamsExpected: number | null
  streams: readonly StreamRecord[]
  turns: readonly TurnRecord[]
}

export type Assembled = {
  utterances: Utterance[]
  /** Turns whose words are still awaited, in spoken order as far as it is known. */
  missing: TurnId[]
  /** The call is over, every stream it was to have has ended, and the words of every turn are settled. */
  hasAll: boolean
  /** The same for the streams of which anything was ever heard: one that was offered may never have begun. */
  hasAllOfKnown: boolean
}

/** How long the last facts of an ended call are waited for, ms. */
export const lastFactsMs = 5000

/**
 * What was heard, in spoken order: streams by epoch, turns by their place in the stream. Times are on the call's
 * clock, which starts with its first stream. A turn of the assistant of which nothing reached the ear is no
 * utterance; one whose words never came is, with null for text.
 */
export function assemble(call: CallRecord): Assembled {
  const startOf = streamStarts(call)
  const base = Math.min(...startOf.values())
  const placed = call.turns
    .filter((turn) => turn.place !== null)
    .sort((a, b) => a.epoch - b.epoch || (a.place ?? 0) - (b.place ?? 0))
  const missing = missingTurns(call, placed)
  const ended = call.streams.filter((stream) => stream.endedAt !== null).length
  const hasAllOfKnown = call.streamsExpected !== null && ended >= startOf.size && missing.length === 0
  return {
    utterances: placed.flatMap((turn) => utterance(turn, startOf.get(turn.epoch) ?? base, base)),
    missing,
    hasAll: hasAllOfKnown && ended >= (call.streamsExpected ?? 0),
    hasAllOfKnown,
  }
}

function utterance(turn: TurnRecord, streamStart: number, base: number): Utterance[] {
  if (turn.by === null) return []
  const isUnheard = turn.by === 'assistant' && turn.words === 'known' && turn.text === ''
  if (isUnheard) return []
  const offset = Math.max(0, streamStart - base)
  const startMs = turn.startMs ?? 0
  return [
    {
      turnId: turn.turnId,
      by: turn.by,
      text: turn.words === 'known' ? turn.text : null,
      form: turn.form ?? 'speech',
      at: new Date(streamStart + startMs).toISOString(),
      startMs: offset + startMs,
      endMs: turn.endMs === null ? null : offset + Math.max(turn.endMs, startMs),
      heardMs: turn.heardMs,
      interrupted: turn.interrupted,
      approximate: turn.approximate,
    },
  ]
}

/** When each stream of which anything is known began: as it said, else reckoned from its turns. */
function streamStarts(call: CallRecord): Map<number, number> {
  const starts = new Map<number, number>()
  for (const { epoch, streamStartAt } of call.turns) {
    if (streamStartAt === null) {
      if (!starts.has(epoch)) starts.set(epoch, Number.POSITIVE_INFINITY)
    } else starts.set(epoch, Math.min(starts.get(epoch) ?? streamStartAt, streamStartAt))
  }
  for (const { epoch, startedAt, endedAt } of call.streams) {
    const known = startedAt ?? starts.get(epoch) ?? endedAt
    if (known !== null) starts.set(epoch, known)
  }
  return starts
}

/** Turns that were named or seen and whose words have neither come nor been given up. */
function missingTurns(call: CallRecord, placed: readonly TurnRecord[]): TurnId[] {
  const settled = new Set(
    call.turns.filter((turn) => turn.place !== null && turn.words !== 'awaited').map((turn) => turn.turnId),
  )
  const seen = placed.map((turn) => turn.turnId)
  const unplaced = call.turns.filter((turn) => turn.place === null).map((turn) => turn.turnId)
  const named = call.streams.flatMap((stream) => stream.turns)
  return [...new Set([...seen, ...named, ...unplaced])].filter((turnId) => !settled.has(turnId))
}
