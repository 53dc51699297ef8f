import { describe, expect, it } from 'vitest'
import { fact, turn } from './told-facts.ts'
import { type Expected, judge, outcomeOf } from './verdict.ts'

const expected: Expected = {
  callerTurns: 1,
  assistantTurns: 2,
  bargeIn: true,
  tool: 'take-message',
  endReasons: ['assistant-ended'],
}

const answer = { text: 'はい', heardMs: 900, interrupted: false, responseMs: 400, ourShareMs: 5 }
const good = () => [
  fact('call.started', 0, { degraded: false }),
  fact('greeting.started', 300, { sinceStartMs: 250, modelMs: 200 }),
  fact('turn.ended', 900, {
    ...turn('a1', 'assistant'),
    ...answer,
    interrupted: true,
    responseMs: null,
    ourShareMs: null,
  }),
  fact('turn.ended', 1900, {
    ...turn('c1', 'caller'),
    text: '伝言',
    interrupted: false,
    responseMs: null,
    ourShareMs: null,
  }),
  fact('tool.answered', 2000, { name: 'take-message', outcome: 'done', ms: 40 }),
  fact('turn.ended', 2900, { ...turn('a2', 'assistant'), ...answer }),
  fact('usage.priced', 3000, { microUsd: 1200, callMicroUsd: 1200 }),
  fact('stream.ended', 3100, { because: 'stop', framesDropped: 0 }),
  fact('call.ended', 3200, { endReason: 'assistant-ended', blame: 'nobody', durationMs: 3000 }),
  fact('transcript.completed', 3300, { complete: true, missing: [], utterances: 3 }),
]

describe('the verdict on a call', () => {
  it('is silent when all is as expected', () => {
    expect(judge(good(), expected)).toEqual([])
  })

  it('counts what happened', () => {
    expect(outcomeOf(good())).toEqual({
      callerTurns: 1,
      assistantTurns: 2,
      bargeIns: 1,
      tools: ['take-message'],
      responseMs: [400],
      ourShareMs: [5],
      greetingMs: 250,
      microUsd: 1200,
      durationMs: 3000,
    })
  })

  it('counts a repeated fact once', () => {
    const facts = good()
    expect(judge([...facts, ...facts], expected)).toEqual([])
  })

  it.each<[string, (facts: ReturnType<typeof good>) => ReturnType<typeof good>, string]>([
    [
      'no end',
      (facts) => facts.filter(({ type }) => type !== 'call.ended'),
      'call.ended was said 0 times instead of once',
    ],
    [
      'two ends',
      (facts) => [...facts, fact('call.ended', 1, { endReason: 'assistant-ended', blame: 'nobody' })],
      'call.ended was said 2 times instead of once',
    ],
    [
      'another end',
      (facts) => [
        ...facts.filter(({ type }) => type !== 'call.ended'),
        fact('call.ended', 1, { endReason: 'carrier-lost', blame: 'carrier' }),
      ],
      'the call ended as "carrier-lost" instead of assistant-ended',
    ],
    [
      'no greeting',
      (facts) => facts.filter(({ type }) => type !== 'greeting.started'),
      'the greeting never began',
    ],
    [
      'a caller who was not heard',
      (facts) => facts.filter(({ data }) => data.by !== 'caller'),
      'the caller was heard 0 times, at least 1 were expected',
    ],
    [
      'nobody interrupted',
      (facts) => facts.map((one) => ({ ...one, data: { ...one.data, interrupted: false } })),
      'nobody was interrupted, a barge-in was expected',
    ],
    [
      'a tool that failed',
      (facts) =>
        facts.map((one) => (one.data.outcome ? { ...one, data: { ...one.data, outcome: 'failed' } } : one)),
      'the tool take-message was not used with success',
    ],
    [
      'no price',
      (facts) => facts.filter(({ type }) => type !== 'usage.priced'),
      'the call cost nothing: no usage was priced',
    ],
    [
      'an apology',
      (facts) => [...facts, fact('call.apologised', 1, { because: 'x' })],
      'the caller heard an apology (x)',
    ],
    [
      'lost frames',
      (facts) => [...facts, fact('stream.ended', 1, { because: 'stop', framesDropped: 3 })],
      '3 frames were dropped',
    ],
    [
      'no transcript',
      (facts) => facts.filter(({ type }) => type !== 'transcript.completed'),
      'the transcript was not completed',
    ],
    [
      'a hole in the transcript',
      (facts) => [...facts, fact('transcript.completed', 1, { complete: false, missing: ['t'] })],
      '1 turns are missing in the transcript',
    ],
  ])('names %s', (_, change, complaint) => {
    expect(judge(change(good()), expected)).toContain(complaint)
  })
})
