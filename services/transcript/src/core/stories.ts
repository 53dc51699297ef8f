import type { FactData, Speaker, TurnId } from '@toritsugi/contracts'
import type { StreamRecord } from './assemble.ts'
import { recordTurn, type TurnFact, type TurnRecord } from './turn-record.ts'

// Facts of made-up calls, for the tables of this folder's tests.

/** The stream of epoch n of a story begins at this instant (ms since 1970) plus (n − 1) minutes. */
export const storyStart = Date.parse('2026-11-21T09:00:00.000Z')
const streamStart = (epoch: number) => storyStart + (epoch - 1) * 60_000

export const turnId = (n: number): TurnId => `turn_${String(n).padStart(32, '0')}` as TurnId

type Place = { epoch?: number; by?: Speaker }

const position = (n: number, { epoch = 1, by = 'caller' }: Place): FactData<'turn.started'> => ({
  turnId: turnId(n),
  epoch,
  order: n,
  by,
  itemId: null,
  startMs: n * 1000,
})

export const started = (n: number, place: Place = {}): TurnFact => ({
  type: 'turn.started',
  data: position(n, place),
})

export const ended = (
  n: number,
  text: string | null,
  { epoch, by, ...over }: Place & Partial<FactData<'turn.ended'>> = {},
): TurnFact => ({
  type: 'turn.ended',
  data: {
    ...position(n, { ...(epoch === undefined ? {} : { epoch }), ...(by === undefined ? {} : { by }) }),
    endMs: n * 1000 + 500,
    form: 'speech',
    text,
    heardMs: by === 'assistant' ? 500 : null,
    interrupted: false,
    approximate: false,
    responseMs: null,
    ourShareMs: null,
    ...over,
  },
})

export const transcribed = (n: number, text: string, epoch = 1): TurnFact => ({
  type: 'turn.transcribed',
  data: { turnId: turnId(n), epoch, text },
})

export const unheard = (n: number, epoch = 1): TurnFact => ({
  type: 'turn.unheard-text',
  data: { turnId: turnId(n), epoch, because: 'transcription-missing' },
})

/** When a fact is said: at the end of what it tells of. */
const saidAt = ({ data }: TurnFact): number =>
  streamStart(data.epoch) + ('endMs' in data ? data.endMs : 'startMs' in data ? data.startMs : 0)

/** The turn these facts make, coming in this order with the sequences given (default: 1, 2, 3 …). */
export function told(...facts: (TurnFact | [TurnFact, number])[]): TurnRecord {
  let turn: TurnRecord | null = null
  for (const [index, given] of facts.entries()) {
    const [fact, sequence] = Array.isArray(given) ? given : [given, index + 1]
    turn = recordTurn(turn, fact, { at: saidAt(fact), sequence })
  }
  if (turn === null) throw new Error('a turn needs a fact')
  return turn
}

export const stream = (epoch: number, turns: number[] | 'running', startKnown = true): StreamRecord => ({
  epoch,
  startedAt: startKnown ? streamStart(epoch) : null,
  endedAt: turns === 'running' ? null : streamStart(epoch) + 50_000,
  turns: turns === 'running' ? [] : turns.map(turnId),
})
