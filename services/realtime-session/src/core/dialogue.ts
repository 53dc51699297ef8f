import type { DialogueItem, FactData, Speaker } from '@toritsugi/contracts'
import { spokenLanguage } from './phrases.ts'

/** What is known of one turn. Its facts may come in any order and more than once. */
export type DialogueTurn = {
  turnId: string
  epoch: number
  /** Place in its stream, in spoken order; null until a fact said so. */
  place: number | null
  by: Speaker | null
  form: 'speech' | 'keys' | null
  text: string | null
  words: 'awaited' | 'known' | 'lost'
  /** Sequence of the fact that placed it, in the count of its stream. */
  placedSequence: number | null
  endedSequence: number | null
}

/** What is known of one use of a tool. */
export type DialogueTool = {
  toolCallId: string
  epoch: number
  name: string
  /** Null while only its answer is known. */
  arguments: string | null
  output: string | null
  outcome: FactData<'tool.answered'>['outcome'] | null
  /** Sequence of `tool.called`, or of `tool.answered` until that is known. */
  sequence: number
}

export type TurnFact =
  | { type: 'turn.started'; data: FactData<'turn.started'> }
  | { type: 'turn.ended'; data: FactData<'turn.ended'> }
  | { type: 'turn.transcribed'; data: FactData<'turn.transcribed'> }
  | { type: 'turn.unheard-text'; data: FactData<'turn.unheard-text'> }

export type ToolFact =
  | { type: 'tool.called'; data: FactData<'tool.called'> }
  | { type: 'tool.answered'; data: FactData<'tool.answered'> }

/**
 * The turn after one more of its facts, whatever came before: words that came are never lost again, and of two
 * ends of the same turn the one with the higher sequence holds. A fact of another epoch than the turn's is not
 * about this turn and changes nothing.
 */
export function recordTurn(known: DialogueTurn | null, fact: TurnFact, sequence: number): DialogueTurn {
  const { data } = fact
  const turn = known ?? emptyTurn(data.turnId, data.epoch)
  if (turn.epoch !== data.epoch) return turn
  switch (fact.type) {
    case 'turn.started':
      return { ...turn, ...placeOf(fact.data, turn, sequence) }
    case 'turn.ended': {
      if (turn.endedSequence !== null && turn.endedSequence >= sequence) return turn
      const { text, form } = fact.data
      return {
        ...turn,
        ...placeOf(fact.data, turn, sequence),
        form,
        endedSequence: sequence,
        ...(text === null ? {} : { text, words: 'known' as const }),
      }
    }
    case 'turn.transcribed':
      return { ...turn, text: fact.data.text, words: 'known' }
    case 'turn.unheard-text':
      return turn.words === 'known' ? turn : { ...turn, words: 'lost' }
  }
}

function placeOf(data: FactData<'turn.started'>, turn: DialogueTurn, sequence: number) {
  return {
    place: data.order,
    by: data.by,
    placedSequence: Math.min(turn.placedSequence ?? sequence, sequence),
  }
}

const emptyTurn = (turnId: string, epoch: number): DialogueTurn => ({
  turnId,
  epoch,
  place: null,
  by: null,
  form: null,
  text: null,
  words: 'awaited',
  placedSequence: null,
  endedSequence: null,
})

/** The use of a tool after one more of its facts. */
export function recordTool(known: DialogueTool | null, fact: ToolFact, sequence: number): DialogueTool {
  const { toolCallId, epoch, name } = fact.data
  const tool = known ?? {
    toolCallId,
    epoch,
    name,
    arguments: null,
    output: null,
    outcome: null,
    sequence,
  }
  if (tool.epoch !== epoch) return tool
  return fact.type === 'tool.called'
    ? { ...tool, arguments: fact.data.arguments, sequence }
    : { ...tool, output: fact.data.output, outcome: fact.data.outcome }
}

/** The most items a new session is given; the oldest are left out. */
export const longestDialogue = 2000

const notes = {
  ja: {
    inaudible: '（相手が何か話したが、聞き取れなかった）',
    lineLost: '回線が一時的に途切れ、つながり直した。あいさつからやり直さず、会話の続きから話すこと。',
    noAnswer: '回線が途切れたため結果が得られなかった。必要ならもう一度実行すること。',
    keys: (digits: string) => `（電話機のボタンを押した：${digits}）`,
  },
  en: {
    inaudible: '(The caller said something that could not be made out.)',
    lineLost:
      'The line was lost for a moment and is back. Do not greet again; go on from where the talk was.',
    noAnswer: 'The answer was lost with the line. Ask again if it is still needed.',
    keys: (digits: string) => `(The caller pressed keys: ${digits})`,
  },
} as const

/**
 * What was said in the streams before `beforeEpoch`, in spoken order, as items for a new session: the assistant's
 * words as far as they were heard, tool calls each followed by its result, and a note where a stream was lost.
 * @param outputs results of tools whose `tool.answered` never came, by toolCallId
 */
export function assembleDialogue(inputs: {
  turns: readonly DialogueTurn[]
  tools: readonly DialogueTool[]
  beforeEpoch: number
  language: string
  outputs: ReadonlyMap<string, string>
}): DialogueItem[] {
  const { beforeEpoch, language, outputs } = inputs
  const words = notes[spokenLanguage(language)]
  const isEarlier = ({ epoch }: { epoch: number }) => epoch < beforeEpoch
  const turns = inputs.turns.filter(isEarlier)
  const tools = inputs.tools.filter(isEarlier)
  const epochs = [...new Set([...turns, ...tools].map(({ epoch }) => epoch))].sort((a, b) => a - b)
  const items = epochs.flatMap((epoch): DialogueItem[] => [
    ...inSpokenOrder(
      turns.filter((turn) => turn.epoch === epoch),
      tools.filter((tool) => tool.epoch === epoch),
    ).flatMap((entry) =>
      'toolCallId' in entry ? toolItems(entry, outputs, words.noAnswer) : turnItems(entry, words),
    ),
    { kind: 'note', text: words.lineLost },
  ])
  return latest(items)
}

/** Turns by their place; a tool call after the last turn that had begun when it was called. */
function inSpokenOrder(
  turns: readonly DialogueTurn[],
  tools: readonly DialogueTool[],
): (DialogueTurn | DialogueTool)[] {
  const placed = turns
    .flatMap((turn) =>
      turn.place === null ? [] : [{ place: turn.place, rank: 0, sequence: 0, entry: turn }],
    )
    .sort((a, b) => a.place - b.place)
  const called = tools.map((tool) => ({
    place: Math.max(
      0,
      ...placed
        .filter(({ entry }) => (entry.placedSequence ?? Number.POSITIVE_INFINITY) < tool.sequence)
        .map(({ place }) => place),
    ),
    rank: 1,
    sequence: tool.sequence,
    entry: tool,
  }))
  return [...placed, ...called]
    .sort((a, b) => a.place - b.place || a.rank - b.rank || a.sequence - b.sequence)
    .map(({ entry }) => entry)
}

function turnItems(turn: DialogueTurn, words: (typeof notes)['ja' | 'en']): DialogueItem[] {
  const text = turn.text?.trim() ?? ''
  if (turn.by === 'assistant') return text === '' ? [] : [{ kind: 'assistant', text }]
  if (turn.words !== 'known') return [{ kind: 'note', text: words.inaudible }]
  if (text === '') return []
  return [{ kind: 'caller', text: turn.form === 'keys' ? words.keys(text) : text }]
}

function toolItems(
  tool: DialogueTool,
  outputs: ReadonlyMap<string, string>,
  noAnswer: string,
): DialogueItem[] {
  const { toolCallId, name } = tool
  const output = tool.output ?? outputs.get(toolCallId) ?? JSON.stringify({ error: noAnswer })
  return [
    { kind: 'tool-call', toolCallId, name, arguments: tool.arguments ?? '{}' },
    { kind: 'tool-result', toolCallId, output },
  ]
}

/** The last items that fit; a result is never left without its call. */
function latest(items: DialogueItem[]): DialogueItem[] {
  const kept = items.slice(-longestDialogue)
  return kept[0]?.kind === 'tool-result' ? kept.slice(1) : kept
}
