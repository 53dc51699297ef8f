import { describe, expect, it } from 'vitest'
import {
  type Ask,
  emptyQueue,
  isQuiet,
  type Purpose,
  type QueueCommand,
  type QueueEvent,
  type ResponseQueue,
  stepQueue,
} from './response-queue.ts'

const ask = (id: string, purpose: Purpose = 'say'): Ask => ({ id, purpose, instructions: null })
const want = (id: string, purpose?: Purpose, at = 0): QueueEvent => ({
  type: 'wanted',
  ask: ask(id, purpose),
  at,
})
const speech: QueueEvent = { type: 'speech.started' }
const committed = (at = 0): QueueEvent => ({ type: 'committed', at })
const created = (responseId: string, askId: string | null = null): QueueEvent => ({
  type: 'response.created',
  responseId,
  askId,
  at: 0,
})
const done = (responseId: string): QueueEvent => ({ type: 'response.done', responseId, at: 0 })
const busy = (askId: string): QueueEvent => ({ type: 'ask.busy', askId, at: 0 })
const refused = (askId: string): QueueEvent => ({ type: 'ask.refused', askId, at: 0 })
const tick = (at: number): QueueEvent => ({ type: 'ticked', at })
const answers = (on: boolean): QueueEvent => ({ type: 'server-answers', on, at: 0 })

function run(events: readonly QueueEvent[]): { queue: ResponseQueue; said: string[] } {
  let queue = emptyQueue()
  const said: string[] = []
  const tell = (command: QueueCommand): string =>
    command.type === 'stalled' ? 'stalled' : `${command.type} ${command.ask.id}`
  for (const event of events) {
    const { state, commands } = stepQueue(queue, event)
    queue = state
    said.push(...commands.map(tell))
  }
  return { queue, said }
}

describe('the queue of responses', () => {
  const stories: [string, QueueEvent[], said: string[], quiet: boolean][] = [
    ['asks at once when the floor is free', [want('1')], ['ask 1'], false],
    ['asks for one at a time', [want('1'), want('2')], ['ask 1'], false],
    [
      'may put an ask before the others',
      [
        want('1'),
        want('2'),
        { type: 'wanted', ask: ask('3'), at: 0, first: true },
        created('r1', '1'),
        done('r1'),
      ],
      ['ask 1', 'ask 3'],
      false,
    ],
    [
      'asks for the next when the first is done',
      [want('1'), want('2'), created('r1', '1'), done('r1')],
      ['ask 1', 'ask 2'],
      false,
    ],
    ['is quiet when all is done', [want('1'), created('r1', '1'), done('r1')], ['ask 1'], true],
    ['waits while the caller speaks', [speech, want('1')], [], false],
    ['waits for the answer to the caller', [speech, committed(), want('1'), created('s1')], [], false],
    [
      'speaks after the answer to the caller',
      [speech, want('1'), committed(), created('s1'), done('s1')],
      ['ask 1'],
      false,
    ],
    [
      'waits a second for an answer that does not come',
      [speech, want('1'), committed(5000), tick(5999), tick(6000)],
      ['ask 1'],
      false,
    ],
    [
      'does not wait for answers that voice detection was told not to make',
      [answers(false), speech, want('1'), committed()],
      ['ask 1'],
      false,
    ],
    [
      'takes the floor when answers are turned off while one is awaited',
      [speech, committed(), want('1'), answers(false)],
      ['ask 1'],
      false,
    ],
    [
      'puts an ask back that ran into the server’s own response',
      [want('1'), created('s1'), busy('1'), done('s1')],
      ['ask 1', 'ask 1'],
      false,
    ],
    [
      'puts it back also when the other response is not known yet',
      [want('1'), want('2'), busy('1'), done('s1')],
      ['ask 1', 'ask 1'],
      false,
    ],
    [
      'asks again after a while when the other response never shows',
      [want('1'), busy('1'), tick(5999), tick(6000)],
      ['ask 1', 'ask 1'],
      false,
    ],
    [
      'drops an ask that is refused and goes on',
      [want('1'), want('2'), refused('1')],
      ['ask 1', 'ask 2', 'dropped 1'],
      false,
    ],
    [
      'knows its own response without metadata',
      [want('1'), created('r1'), want('2'), done('r1')],
      ['ask 1', 'ask 2'],
      false,
    ],
    [
      'does not take a response without metadata for its own once it had one with it',
      [want('1'), created('r1', '1'), done('r1'), want('2'), created('s1'), busy('2'), done('s1')],
      ['ask 1', 'ask 2', 'ask 2'],
      false,
    ],
    [
      'does not take the answer to the caller for its own',
      [want('1'), speech, committed(), created('s1'), busy('1'), done('s1')],
      ['ask 1', 'ask 1'],
      false,
    ],
    [
      'needs no word on tools when the answer to the caller knows their results',
      [speech, want('1', 'tools'), committed(), created('s1'), done('s1')],
      ['dropped 1'],
      true,
    ],
    [
      'does not ask again whether somebody is there when somebody speaks',
      [want('0'), created('r0', '0'), want('1', 'reprompt'), speech],
      ['ask 0', 'dropped 1'],
      false,
    ],
    [
      'keeps the floor with the caller who cuts a response off',
      [want('1'), created('r1', '1'), want('2'), speech, done('r1')],
      ['ask 1'],
      false,
    ],
    [
      'forgets what is not wanted any more',
      [speech, want('1', 'filler'), want('2'), { type: 'unwanted', purposes: ['filler'] }],
      ['dropped 1'],
      false,
    ],
    [
      'says when the model does not react',
      [want('1', 'say', 100), tick(6099), tick(6100)],
      ['ask 1', 'stalled'],
      true,
    ],
    [
      'does not mind late and unknown ends',
      [want('1'), created('r1', '1'), done('r0'), busy('7'), refused('7')],
      ['ask 1'],
      false,
    ],
    ['does not mind a commit without speech', [committed()], [], true],
  ]
  it.each(stories)('%s', (_story, events, said, quiet) => {
    const result = run(events)
    expect(result.said).toEqual(said)
    expect(isQuiet(result.queue)).toBe(quiet)
  })

  it('is bounded', () => {
    const { queue, said } = run([speech, ...Array.from({ length: 20 }, (_, n) => want(String(n)))])
    expect(queue.waiting).toHaveLength(16)
    expect(said).toEqual(['dropped 0', 'dropped 1', 'dropped 2', 'dropped 3'])
  })
})
