import { describe, expect, it } from 'vitest'
import { type Stream, type StreamCommand, type StreamEvent, stepStream } from './stream.ts'

describe('a stream', () => {
  const intent = { what: 'end', reason: 'assistant-ended' } as const
  const ready: StreamEvent = { type: 'session.ready' }
  const end = (farewell: 'say' | 'said'): StreamEvent => ({ type: 'end.wanted', intent, farewell })
  const tell = (command: StreamCommand): string => command.type
  const stories: [string, StreamEvent[], Stream['is'], string[]][] = [
    ['opens', [ready], 'flowing', []],
    ['is ready once', [ready, ready], 'flowing', []],
    [
      'says goodbye, plays it out, commits, closes',
      [ready, end('say'), { type: 'farewell.spoken' }, { type: 'played-out' }, { type: 'intent.settled' }],
      'closed',
      ['say-goodbye', 'watch-play-out', 'commit', 'close-carrier', 'finish'],
    ],
    [
      'asks for no second goodbye',
      [ready, end('said'), { type: 'played-out' }],
      'committing',
      ['watch-play-out', 'commit'],
    ],
    ['ends once', [ready, end('say'), end('say'), end('said')], 'saying-goodbye', ['say-goodbye']],
    ['does not end before it began', [end('say')], 'opening', []],
    [
      'waits for what is owed when the caller is gone',
      [ready, { type: 'carrier.stopped' }],
      'draining',
      ['drain'],
    ],
    [
      'is over when it came, and the closing of the socket changes nothing',
      [
        ready,
        { type: 'carrier.stopped' },
        { type: 'carrier.lost' },
        { type: 'drained' },
        { type: 'drained' },
      ],
      'closed',
      ['drain', 'finish'],
    ],
    ['is over at once without a session', [{ type: 'carrier.lost' }], 'closed', ['finish']],
    [
      'may lose its caller in the middle of a goodbye',
      [ready, end('say'), { type: 'carrier.lost' }],
      'draining',
      ['say-goodbye', 'drain'],
    ],
    [
      'may lose its caller while the intent is committed',
      [
        ready,
        end('said'),
        { type: 'played-out' },
        { type: 'carrier.stopped' },
        { type: 'intent.settled' },
        { type: 'drained' },
      ],
      'closed',
      ['watch-play-out', 'commit', 'drain', 'finish'],
    ],
    [
      'that cannot be served commits and closes',
      [{ type: 'given-up', intent }, { type: 'intent.settled' }],
      'closed',
      ['commit', 'close-carrier', 'finish'],
    ],
    [
      'that is given up in a goodbye keeps its intent',
      [ready, end('say'), { type: 'given-up', intent: { what: 'move', reason: 'x' } }],
      'committing',
      ['say-goodbye', 'commit'],
    ],
    ['is refused', [{ type: 'refused' }], 'closed', ['close-carrier', 'finish']],
    ['gives way to a newer one', [ready, { type: 'superseded' }], 'closed', ['close-carrier', 'finish']],
    ['ends with its pod', [ready, { type: 'pod.stopping' }], 'closed', ['close-carrier', 'finish']],
    [
      'says nothing when it is over',
      [{ type: 'refused' }, ready, end('say'), { type: 'carrier.lost' }, { type: 'superseded' }],
      'closed',
      ['close-carrier', 'finish'],
    ],
  ]
  it.each(stories)('%s', (_story, events, is, said) => {
    let stream: Stream = { is: 'opening' }
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepStream(stream, event)
      stream = state
      told.push(...commands.map(tell))
    }
    expect(stream.is).toBe(is)
    expect(told).toEqual(said)
  })
})
