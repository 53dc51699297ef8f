import { describe, expect, it } from 'vitest'
import { assemble, type CallRecord } from './assemble.ts'
import { ended, started, storyStart, stream, told, transcribed, turnId, unheard } from './stories.ts'

const call = (over: Partial<CallRecord>): CallRecord => ({
  streamsExpected: 1,
  streams: [stream(1, [])],
  turns: [],
  ...over,
})
const texts = (record: CallRecord) => assemble(record).utterances.map((u) => u.text)

describe('utterances', () => {
  it('are in spoken order, whatever the order of arrival', () => {
    const turns = [
      told(ended(3, 'Twelve dollars.', { by: 'assistant' })),
      told(ended(1, 'Acme, hello.', { by: 'assistant' })),
      // The caller's words arrive after the answer to them.
      told(started(2), ended(2, null), transcribed(2, 'How much?')),
    ]
    expect(texts(call({ turns }))).toEqual(['Acme, hello.', 'How much?', 'Twelve dollars.'])
  })

  it('put a later stream after an earlier one, on the clock of the call', () => {
    const turns = [told(ended(1, 'again', { epoch: 2 })), told(ended(7, 'first'))]
    const { utterances } = assemble(call({ turns, streams: [stream(2, []), stream(1, [])] }))
    expect(utterances).toMatchObject([
      { text: 'first', startMs: 7000, endMs: 7500 },
      { text: 'again', startMs: 61_000, endMs: 61_500, at: '2026-11-21T09:01:01.000Z' },
    ])
  })

  it('have a clock even when the start of a stream was never told', () => {
    const turns = [told(started(1)), { ...told(started(1, { epoch: 2 })), turnId: turnId(9) }]
    const { utterances } = assemble(call({ turns, streams: [] }))
    expect(utterances.map((u) => u.startMs)).toEqual([1000, 61_000])
    expect(utterances[0]?.at).toBe(new Date(storyStart + 1000).toISOString())
  })

  it('leave out what the assistant said to nobody, and keep what nobody could write down', () => {
    const turns = [
      told(ended(1, '', { by: 'assistant', heardMs: 0, interrupted: true })),
      told(started(2), ended(2, null), unheard(2)),
    ]
    expect(assemble(call({ turns })).utterances).toMatchObject([{ turnId: turnId(2), text: null }])
  })

  it('tell how much was heard of an interrupted one', () => {
    const turns = [told(ended(1, 'We have', { by: 'assistant', interrupted: true, approximate: true }))]
    expect(assemble(call({ turns })).utterances).toMatchObject([
      { text: 'We have', heardMs: 500, interrupted: true, approximate: true },
    ])
  })

  it('do not hold a turn that nobody placed', () => {
    expect(assemble(call({ turns: [told(transcribed(1, 'whose?'))] })).utterances).toEqual([])
  })

  it('show a turn that is still going on', () => {
    const { utterances } = assemble(call({ turns: [told(started(1))], streams: [stream(1, 'running')] }))
    expect(utterances).toMatchObject([{ text: null, endMs: null, startMs: 1000 }])
  })
})

describe('a call has all', () => {
  const one = told(ended(1, 'hi'))
  const waiting = told(started(2), ended(2, null))
  const rows: [string, Partial<CallRecord>, boolean, number[]][] = [
    ['nothing was said and no stream ever was', { streamsExpected: 0, streams: [] }, true, []],
    ['every named turn is there', { streams: [stream(1, [1])], turns: [one] }, true, []],
    ['the call is not over', { streamsExpected: null, streams: [stream(1, [1])], turns: [one] }, false, []],
    ['its stream has not ended', { streams: [stream(1, 'running')], turns: [one] }, false, []],
    ['a second stream is still to come', { streamsExpected: 2, streams: [stream(1, [])] }, false, []],
    [
      'a second stream has begun and not ended',
      { streams: [stream(1, []), stream(2, 'running')] },
      false,
      [],
    ],
    ['both streams ended', { streamsExpected: 2, streams: [stream(1, []), stream(2, [])] }, true, []],
    ['a named turn never came', { streams: [stream(1, [1, 2])], turns: [one] }, false, [2]],
    ['words are still awaited', { streams: [stream(1, [1, 2])], turns: [waiting, one] }, false, [2]],
    [
      'words came without their turn',
      { streams: [stream(1, [3])], turns: [told(transcribed(3, 'x'))] },
      false,
      [3],
    ],
    [
      'words were given up',
      { streams: [stream(1, [2])], turns: [told(started(2), ended(2, null), unheard(2))] },
      true,
      [],
    ],
    ['a turn was not named but awaits words', { streams: [stream(1, [])], turns: [waiting] }, false, [2]],
    ['turns of a stream that never ended', { streams: [], turns: [one], streamsExpected: 1 }, false, []],
  ]
  it.each(rows)('%s', (_story, record, hasAll, missing) => {
    const assembled = assemble(call(record))
    expect(assembled.hasAll).toBe(hasAll)
    expect(assembled.missing).toEqual(missing.map(turnId))
  })
})
