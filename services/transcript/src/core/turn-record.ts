import type { FactData, Speaker, TurnId } from '@toritsugi/contracts'

/** What is known of one turn. Its facts may come in any order and more than once. */
export type TurnRecord = {
  turnId: TurnId
  epoch: number
  /** Place in its stream, in spoken order; null until a fact said so. */
  place: number | null
  by: Speaker | null
  form: 'speech' | 'keys' | null
  text: string | null
  words: 'awaited' | 'known' | 'lost'
  /** On the clock of its stream, ms. */
  startMs: number | null
  endMs: number | null
  heardMs: number | null
  interrupted: boolean
  approximate: boolean
  /** When its stream began (ms since 1970), reckoned from the earliest of its facts. */
  streamStartAt: number | null
  endedSequence: number | null
}

export type TurnFact =
  | { type: 'turn.started'; data: FactData<'turn.started'> }
  | { type: 'turn.ended'; data: FactData<'turn.ended'> }
  | { type: 'turn.transcribed'; data: FactData<'turn.transcribed'> }
  | { type: 'turn.unheard-text'; data: FactData<'turn.unheard-text'> }

/**
 * The turn after one more of its facts, whatever came before: words that came are never lost again, and of two
 * ends of the same turn the one with the higher sequence holds. A fact of another epoch than the turn's is not
 * about this turn and changes nothing.
 * @param said when the fact was said (ms since 1970) and its number in the count of its stream
 */
export function recordTurn(
  known: TurnRecord | null,
  fact: TurnFact,
  said: { at: number; sequence: number },
): TurnRecord {
  const { data } = fact
  const turn = known ?? emptyTurn(data.turnId, data.epoch)
  if (turn.epoch !== data.epoch) return turn
  switch (fact.type) {
    case 'turn.started': {
      const { order, by, startMs } = fact.data
      const known = turn.endedSequence === null ? { startMs } : {}
      return { ...turn, place: order, by, ...known, streamStartAt: earlier(turn, said.at - startMs) }
    }
    case 'turn.ended': {
      if (turn.endedSequence !== null && turn.endedSequence >= said.sequence) return turn
      const { order, by, form, text, startMs, endMs, heardMs, interrupted, approximate } = fact.data
      return {
        ...turn,
        place: order,
        by,
        form,
        startMs,
        endMs,
        heardMs,
        interrupted,
        approximate,
        streamStartAt: earlier(turn, said.at - endMs),
        endedSequence: said.sequence,
        ...(text === null ? {} : { text, words: 'known' as const }),
      }
    }
    case 'turn.transcribed':
      return { ...turn, text: fact.data.text, words: 'known' }
    case 'turn.unheard-text':
      return turn.words === 'known' ? turn : { ...turn, words: 'lost' }
  }
}

/** Facts are said at or after what they tell of: the earliest reckoning is the nearest. */
function earlier(turn: TurnRecord, at: number): number {
  return Math.min(turn.streamStartAt ?? at, at)
}

const emptyTurn = (turnId: TurnId, epoch: number): TurnRecord => ({
  turnId,
  epoch,
  place: null,
  by: null,
  form: null,
  text: null,
  words: 'awaited',
  startMs: null,
  endMs: null,
  heardMs: null,
  interrupted: false,
  approximate: false,
  streamStartAt: null,
  endedSequence: null,
})
