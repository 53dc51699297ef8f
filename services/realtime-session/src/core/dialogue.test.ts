import type { FactData, TurnId } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import {
  assembleDialogue,
  type DialogueTool,
  type DialogueTurn,
  longestDialogue,
  recordTool,
  recordTurn,
  type ToolFact,
  type TurnFact,
} from './dialogue.ts'

const turnId = (n: number) => `turn_${String(n).padStart(32, '0')}` as TurnId
const position = (n: number, by: 'caller' | 'assistant', epoch = 1): FactData<'turn.started'> => ({
  turnId: turnId(n),
  epoch,
  order: n,
  by,
  itemId: null,
  startMs: n * 1000,
})
const started = (n: number, by: 'caller' | 'assistant' = 'caller', epoch = 1): TurnFact => ({
  type: 'turn.started',
  data: position(n, by, epoch),
})
const ended = (
  n: number,
  text: string | null,
  by: 'caller' | 'assistant' = 'caller',
  epoch = 1,
): TurnFact => ({
  type: 'turn.ended',
  data: {
    ...position(n, by, epoch),
    endMs: n * 1000 + 500,
    form: 'speech',
    text,
    heardMs: by === 'assistant' ? 500 : null,
    interrupted: false,
    approximate: false,
    responseMs: null,
    ourShareMs: null,
  },
})
const transcribed = (n: number, text: string, epoch = 1): TurnFact => ({
  type: 'turn.transcribed',
  data: { turnId: turnId(n), epoch, text },
})
const unheard = (n: number): TurnFact => ({
  type: 'turn.unheard-text',
  data: { turnId: turnId(n), epoch: 1, because: 'transcription-missing' },
})

const told = (...facts: [TurnFact, number][]): DialogueTurn =>
  facts.reduce<DialogueTurn | null>((turn, [fact, sequence]) => recordTurn(turn, fact, sequence), null) ??
  expect.unreachable()

function permutations<T>(all: T[]): T[][] {
  return all.length <= 1
    ? [all]
    : all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

describe('one turn, told by its facts', () => {
  it('is the same whatever the order of its facts, and however often they come', () => {
    const facts: [TurnFact, number][] = [
      [started(1), 4],
      [ended(1, null), 7],
      [transcribed(1, 'hello'), 9],
    ]
    const expected = told(...facts)
    expect(expected).toMatchObject({ place: 1, by: 'caller', text: 'hello', words: 'known' })
    for (const order of permutations(facts)) {
      expect(told(...order)).toEqual(expected)
      expect(told(...order, ...order)).toEqual(expected)
    }
  })

  it('keeps words that came although they were given up before', () => {
    expect(told([unheard(1), 5], [transcribed(1, 'late'), 6])).toMatchObject({ text: 'late', words: 'known' })
    expect(told([transcribed(1, 'late'), 6], [unheard(1), 5])).toMatchObject({ text: 'late', words: 'known' })
    expect(told([started(1), 1], [unheard(1), 5]).words).toBe('lost')
  })

  it('does not lose transcribed words to an end without text', () => {
    expect(told([transcribed(1, 'x'), 9], [ended(1, null), 7])).toMatchObject({ text: 'x', place: 1 })
  })

  it('believes the later of two ends', () => {
    const cut = ended(2, 'I can', 'assistant')
    const whole = ended(2, 'I can help you', 'assistant')
    expect(told([whole, 5], [cut, 8]).text).toBe('I can')
    expect(told([cut, 8], [whole, 5]).text).toBe('I can')
  })

  it('does not let a fact of another epoch touch it', () => {
    const turn = told([started(1), 1], [ended(1, 'mine'), 2])
    expect(recordTurn(turn, ended(1, 'other', 'caller', 2), 99)).toEqual(turn)
    expect(recordTurn(turn, transcribed(1, 'other', 2), 99)).toEqual(turn)
  })
})

const called = (id: string, epoch = 1): ToolFact => ({
  type: 'tool.called',
  data: { toolCallId: id, epoch, name: 'look-up', arguments: '{"q":1}' },
})
const answered = (id: string, epoch = 1): ToolFact => ({
  type: 'tool.answered',
  data: { toolCallId: id, epoch, name: 'look-up', outcome: 'done', output: '{"a":2}', ms: 12 },
})
const toolOf = (...facts: [ToolFact, number][]): DialogueTool =>
  facts.reduce<DialogueTool | null>((tool, [fact, sequence]) => recordTool(tool, fact, sequence), null) ??
  expect.unreachable()

describe('one use of a tool', () => {
  it('is the same in either order of its facts', () => {
    const a = toolOf([called('c1'), 3], [answered('c1'), 5])
    expect(toolOf([answered('c1'), 5], [called('c1'), 3])).toEqual(a)
    expect(recordTool(a, answered('c1', 2), 9)).toEqual(a)
  })
})

const assemble = (
  turns: DialogueTurn[],
  tools: DialogueTool[] = [],
  over: { beforeEpoch?: number; language?: string; outputs?: Map<string, string> } = {},
) => assembleDialogue({ turns, tools, beforeEpoch: 2, language: 'en-US', outputs: new Map(), ...over })

describe('the dialogue for the next stream', () => {
  it('is in spoken order, whatever the order of the rows, and ends with what happened', () => {
    const items = assemble([
      told([ended(3, 'It is 12 dollars.', 'assistant'), 9]),
      told([ended(1, 'Hello, Acme.', 'assistant'), 3]),
      told([started(2), 4], [ended(2, null), 5], [transcribed(2, 'How much?'), 30]),
    ])
    expect(items).toEqual([
      { kind: 'assistant', text: 'Hello, Acme.' },
      { kind: 'caller', text: 'How much?' },
      { kind: 'assistant', text: 'It is 12 dollars.' },
      { kind: 'note', text: expect.stringContaining('line was lost') },
    ])
  })

  it('puts a tool call after the turn that led to it, and its result right behind it', () => {
    const items = assemble(
      [
        told([started(1), 2], [ended(1, 'Price?'), 3]),
        told([started(2, 'assistant'), 9], [ended(2, 'Twelve.', 'assistant'), 12]),
      ],
      [toolOf([called('c1'), 5], [answered('c1'), 8])],
    )
    expect(items.map((item) => item.kind)).toEqual([
      'caller',
      'tool-call',
      'tool-result',
      'assistant',
      'note',
    ])
  })

  it('takes the answer of a tool from where it ran when the fact of it was lost, or says so', () => {
    const tools = [toolOf([called('c1'), 5]), toolOf([called('c2'), 6])]
    const items = assemble([], tools, { outputs: new Map([['c1', '{"a":3}']]) })
    expect(items.filter((item) => item.kind === 'tool-result')).toEqual([
      { kind: 'tool-result', toolCallId: 'c1', output: '{"a":3}' },
      { kind: 'tool-result', toolCallId: 'c2', output: expect.stringContaining('error') },
    ])
  })

  it('marks what the caller said and nobody could write down, and skips what nobody heard', () => {
    const items = assemble(
      [
        told([started(1), 1], [unheard(1), 2]),
        told([ended(2, '', 'assistant'), 5]),
        told([ended(3, ' '), 7]),
      ],
      [],
      { language: 'ja-JP' },
    )
    expect(items).toEqual([
      { kind: 'note', text: expect.stringContaining('聞き取れなかった') },
      { kind: 'note', text: expect.stringContaining('回線') },
    ])
  })

  it('tells of pressed keys', () => {
    const keys = ended(1, '12#')
    if (keys.type === 'turn.ended') keys.data.form = 'keys'
    expect(assemble([told([keys, 1])])[0]).toEqual({ kind: 'caller', text: '(The caller pressed keys: 12#)' })
  })

  it('holds earlier streams only, one after the other', () => {
    const turns = [
      told([ended(1, 'second stream', 'caller', 2), 1]),
      told([ended(2, 'first stream'), 90]),
      told([ended(3, 'this stream', 'caller', 3), 1]),
    ]
    expect(assemble(turns, [], { beforeEpoch: 3 }).filter((i) => i.kind === 'caller')).toEqual([
      { kind: 'caller', text: 'first stream' },
      { kind: 'caller', text: 'second stream' },
    ])
    expect(assemble(turns, [], { beforeEpoch: 1 })).toEqual([])
  })

  it('leaves the oldest out when there is too much, never a result without its call', () => {
    const tools = Array.from({ length: 1100 }, (_, i) => toolOf([called(`c${i}`), i + 1]))
    const items = assemble([], tools)
    expect(items.length).toBe(longestDialogue - 1)
    expect(items[0]?.kind).toBe('tool-call')
    expect(items.at(-1)?.kind).toBe('note')
  })
})
