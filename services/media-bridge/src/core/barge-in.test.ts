import { describe, expect, it } from 'vitest'
import { cutReply, type UnheardItem } from './barge-in.ts'

const item = (over: Partial<UnheardItem> = {}): UnheardItem => ({
  itemId: 'a',
  audioMs: 2000,
  heardMs: 730.6,
  over: true,
  ...over,
})

describe('speech of the caller', () => {
  const stories: [string, Parameters<typeof cutReply>[0], ReturnType<typeof cutReply>][] = [
    [
      'into silence does nothing',
      { isProtected: false, queuedMs: 0, items: [] },
      { clear: false, truncate: [] },
    ],
    [
      'cuts what is being heard, at whole ms',
      { isProtected: false, queuedMs: 1269, items: [item()] },
      { clear: true, truncate: [{ itemId: 'a', audioEndMs: 730 }] },
    ],
    [
      'takes back what is queued behind it',
      { isProtected: false, queuedMs: 3000, items: [item(), item({ itemId: 'b', heardMs: 0 })] },
      {
        clear: true,
        truncate: [
          { itemId: 'a', audioEndMs: 730 },
          { itemId: 'b', audioEndMs: 0 },
        ],
      },
    ],
    [
      'leaves items without audio alone',
      { isProtected: false, queuedMs: 10, items: [item({ audioMs: 0, heardMs: 0, over: false })] },
      { clear: true, truncate: [] },
    ],
    [
      'leaves items alone that were heard to their end',
      { isProtected: false, queuedMs: 0, items: [item({ heardMs: 2000 })] },
      { clear: false, truncate: [] },
    ],
    [
      'cuts one that is still being made where it was heard, though all that came was heard',
      { isProtected: false, queuedMs: 0, items: [item({ heardMs: 2000, over: false })] },
      { clear: false, truncate: [{ itemId: 'a', audioEndMs: 2000 }] },
    ],
    [
      'never cuts beyond the audio that exists',
      { isProtected: false, queuedMs: 10, items: [item({ heardMs: 2003, over: false })] },
      { clear: true, truncate: [{ itemId: 'a', audioEndMs: 2000 }] },
    ],
    [
      'does not cut a goodbye',
      { isProtected: true, queuedMs: 1000, items: [item()] },
      { clear: false, truncate: [] },
    ],
  ]
  it.each(stories)('%s', (_story, speech, expected) => {
    expect(cutReply(speech)).toEqual(expected)
  })
})
