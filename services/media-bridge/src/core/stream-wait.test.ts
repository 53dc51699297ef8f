import { describe, expect, it } from 'vitest'
import type { Stream } from './stream.ts'
import { dueEvent, waitMs } from './stream-wait.ts'

const intent = { what: 'end', reason: 'assistant-ended' } as const

describe('how long a stream waits', () => {
  it.each([
    ['for the last words', { type: 'say-goodbye', intent }, 12_000],
    ['until what is queued was heard', { type: 'watch-play-out' }, 3500],
    ['for what the model owes', { type: 'drain' }, 3000],
    [
      'as long as it takes for the reason to be committed',
      { type: 'commit', intent },
      Number.POSITIVE_INFINITY,
    ],
    ['not at all to close', { type: 'close-carrier' }, null],
  ] as const)('%s', (_story, command, ms) => {
    expect(waitMs(command, 1500)).toBe(ms)
  })
})

describe('what happens without an event', () => {
  const saying: Stream = { is: 'saying-goodbye', intent }
  const playing: Stream = { is: 'playing-out', intent }
  const draining: Stream = { is: 'draining', because: 'stop' }
  const talk = (isSilent: boolean, owes: boolean) => ({ isSilent: () => isSilent, owes: () => owes })
  it.each([
    ['nothing to a stream that flows', { is: 'flowing' } as Stream, true, talk(true, false), null],
    ['nothing while the reason is committed', { is: 'committing', intent } as Stream, true, undefined, null],
    ['a goodbye is waited for', saying, false, talk(true, false), null],
    ['but not for ever', saying, true, talk(false, true), 'farewell.spoken'],
    ['what is queued is played out', playing, false, talk(false, false), null],
    ['and then it is over', playing, false, talk(true, true), 'played-out'],
    ['or the marks never came', playing, true, talk(false, true), 'played-out'],
    ['or nothing was ever said', playing, false, undefined, 'played-out'],
    ['what is owed is waited for', draining, false, talk(true, true), null],
    ['until it has come', draining, false, talk(false, false), 'drained'],
    ['or is late', draining, true, talk(false, true), 'drained'],
    ['or nobody owes anything', draining, false, undefined, 'drained'],
  ])('%s', (_story, stream, isLate, said, event) => {
    expect(dueEvent(stream, isLate, said)?.type ?? null).toBe(event)
  })
})
