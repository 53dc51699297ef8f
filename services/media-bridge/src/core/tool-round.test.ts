import { describe, expect, it } from 'vitest'
import { noTools, stepTools, type ToolCall, type ToolCommand, type ToolEvent } from './tool-round.ts'

describe('tools', () => {
  const call = (callId: string): ToolCall => ({ callId, name: 'look-up', arguments: '{}' })
  const called = (responseId: string, ids: string[], completed = true): ToolEvent => ({
    type: 'called',
    responseId,
    completed,
    calls: ids.map(call),
    at: 0,
  })
  const answered = (callId: string): ToolEvent => ({ type: 'answered', callId })
  const tick = (at: number): ToolEvent => ({ type: 'ticked', at, slowAfterMs: 1500 })
  const tell = (command: ToolCommand): string =>
    command.type === 'all-in'
      ? `all-in ${command.responseId}`
      : command.type === 'bridge'
        ? 'bridge'
        : `${command.type} ${command.call.callId}`
  const stories: [string, ToolEvent[], string[], running: number][] = [
    ['run once', [called('r1', ['a'])], ['run a'], 1],
    ['and only once, whatever is repeated', [called('r1', ['a', 'a']), called('r1', ['a'])], ['run a'], 1],
    [
      'the last result lets the model go on',
      [called('r1', ['a', 'b']), answered('b'), answered('a')],
      ['run a', 'run b', 'all-in r1'],
      0,
    ],
    [
      'results of two responses',
      [called('r1', ['a']), called('r2', ['b']), answered('b')],
      ['run a', 'run b', 'all-in r2'],
      1,
    ],
    ['of a response that was cut off are not run', [called('r1', ['a'], false)], ['answer-cancelled a'], 0],
    [
      'and are not run later either',
      [called('r1', ['a'], false), called('r1', ['a'])],
      ['answer-cancelled a'],
      0,
    ],
    [
      'slow ones are bridged, once',
      [called('r1', ['a', 'b']), tick(1499), tick(1500), tick(5000)],
      ['run a', 'run b', 'bridge'],
      2,
    ],
    ['an answer nobody waits for', [answered('x')], [], 0],
    ['abandoned', [called('r1', ['a']), { type: 'abandoned' }, answered('a')], ['run a'], 0],
  ]
  it.each(stories)('%s', (_story, events, said, running) => {
    let rounds = noTools()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepTools(rounds, event)
      rounds = state
      told.push(...commands.map(tell))
    }
    expect(told).toEqual(said)
    expect(rounds.running).toHaveLength(running)
  })
})
