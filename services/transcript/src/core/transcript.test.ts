import type { CallId, FactData } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { ended, started, storyStart, transcribed, turnId, unheard } from './stories.ts'
import { emptyTranscript, step, type TranscriptCommand, type TranscriptEvent, view } from './transcript.ts'
import type { TurnFact } from './turn-record.ts'

const callId = `call_${'1'.repeat(32)}` as CallId
let count = 0
const say = (fact: TurnFact): TranscriptEvent => ({ ...fact, at: storyStart + 5000, sequence: ++count })
const streamStarted = (epoch = 1): TranscriptEvent => ({
  type: 'stream.started',
  at: storyStart + (epoch - 1) * 60_000,
  sequence: 1,
  data: { epoch, carrierStreamId: `MZ${'0'.repeat(32)}`, podId: 'pod' },
})
const streamEnded = (turns: number[], epoch = 1): TranscriptEvent => ({
  type: 'stream.ended',
  at: storyStart + 50_000 + (epoch - 1) * 60_000,
  sequence: 99,
  data: {
    epoch,
    because: 'stop',
    turns: turns.map(turnId),
    lengthMs: 50_000,
    framesIn: 1,
    framesOut: 1,
    framesDropped: 0,
  },
})
const callEnded = (streams = 1): TranscriptEvent => ({
  type: 'call.ended',
  at: storyStart + 51_000,
  sequence: 9,
  data: {
    endReason: 'caller-hung-up',
    blame: 'nobody',
    answeredAt: null,
    endedAt: '2026-11-21T09:00:51.000Z',
    durationMs: 51_000,
    streams,
  },
})
const expired: TranscriptEvent = { type: 'lastFacts.expired' }

function play(events: TranscriptEvent[]) {
  let state = emptyTranscript(callId)
  const commands: TranscriptCommand[] = []
  for (const event of events) {
    const next = step(state, event)
    state = next.state
    commands.push(...next.commands)
  }
  return { state, commands, published: commands.flatMap((c) => (c.type === 'publish' ? [c.data] : [])) }
}
const all = (utterances: number): FactData<'transcript.completed'> => ({
  utterances,
  complete: true,
  missing: [],
})

describe('a transcript is completed', () => {
  const turn = [say(started(1)), say(ended(1, 'hello'))]
  const rows: [string, TranscriptEvent[], FactData<'transcript.completed'>[]][] = [
    ['not while the call goes on', [streamStarted(), ...turn, streamEnded([1])], []],
    [
      'when the call ends and all is there',
      [streamStarted(), ...turn, streamEnded([1]), callEnded()],
      [all(1)],
    ],
    [
      'when its last stream ends after the call',
      [streamStarted(), ...turn, callEnded(), streamEnded([1])],
      [all(1)],
    ],
    [
      'when the last words come late',
      [streamStarted(), say(started(1)), callEnded(), streamEnded([1]), say(transcribed(1, 'late'))],
      [all(1)],
    ],
    [
      'when the last words are given up',
      [streamStarted(), say(started(1)), callEnded(), streamEnded([1]), say(unheard(1))],
      [all(1)],
    ],
    ['at once when nobody ever spoke', [callEnded(0)], [all(0)]],
    [
      'after the wait, saying what is missing',
      [streamStarted(), ...turn, streamEnded([1, 2]), callEnded(), expired],
      [{ utterances: 1, complete: false, missing: [turnId(2)] }],
    ],
    [
      'after the wait, when a pod died and never said what to expect',
      [streamStarted(), ...turn, callEnded(), expired],
      [{ utterances: 1, complete: false, missing: [] }],
    ],
    [
      'after the wait, when a stream was offered and the caller hung up before it began',
      [streamStarted(), ...turn, streamEnded([1]), callEnded(2), expired],
      [all(1)],
    ],
    [
      'only once, whatever comes again or too late',
      [
        streamStarted(),
        ...turn,
        streamEnded([1]),
        callEnded(),
        expired,
        callEnded(),
        streamEnded([1, 2]),
        say(ended(3, 'x')),
        expired,
      ],
      [all(1)],
    ],
    [
      'with every stream of the call',
      [
        streamStarted(2),
        say(ended(5, 'b', { epoch: 2 })),
        callEnded(2),
        streamEnded([5], 2),
        streamStarted(1),
        say(ended(4, 'a')),
        streamEnded([4], 1),
      ],
      [all(2)],
    ],
  ]
  it.each(rows)('%s', (_story, events, published) => {
    expect(play(events).published).toEqual(published)
  })

  it('waits for the last facts only when some are missing, and stops waiting when they came', () => {
    const waiting = play([streamStarted(), ...turn, callEnded()])
    expect(waiting.commands).toEqual([{ type: 'awaitLastFacts', ms: 5000 }])
    const came = step(waiting.state, streamEnded([1]))
    expect(came.commands.map((c) => c.type)).toEqual(['publish', 'stopAwaiting'])
    expect(play([streamStarted(), ...turn, streamEnded([1]), callEnded()]).commands).toEqual([
      { type: 'publish', data: all(1) },
    ])
  })

  it('does not change after it was completed', () => {
    const { state } = play([streamStarted(), say(started(1)), streamEnded([1]), callEnded(), expired])
    expect(step(state, say(transcribed(1, 'much too late'))).state).toBe(state)
    expect(view(state)).toMatchObject({ complete: false, missing: [turnId(1)], utterances: [{ text: null }] })
  })
})

describe('a transcript is shown', () => {
  it('while the call goes on, with nothing missing yet', () => {
    const { state } = play([streamStarted(), say(started(1))])
    expect(view(state)).toMatchObject({
      callId,
      complete: false,
      missing: [],
      utterances: [{ text: null, endMs: null }],
    })
  })
  it('of an ended call that is still waited for, with what is missing', () => {
    const { state } = play([streamStarted(), say(started(1)), streamEnded([1]), callEnded()])
    expect(view(state).missing).toEqual([turnId(1)])
  })
  it('the same after every fact came twice', () => {
    const events = [streamStarted(), say(started(1)), say(ended(1, 'a')), streamEnded([1])]
    expect(view(play([...events, ...events, callEnded()]).state)).toEqual(
      view(play([...events, callEnded()]).state),
    )
  })
})
