import { describe, expect, it } from 'vitest'
import { Playout } from './playout.ts'
import { streamAddress } from './stream-address.ts'
import { readStreamMessage } from './stream-message.ts'

const bytes = (count: number, value = 1) => new Uint8Array(count).fill(value)

describe('what waits to be played', () => {
  it('comes in frames of 160, whatever the sizes it came in', () => {
    const playout = new Playout()
    for (const [index, size] of [1, 400, 0, 79].entries()) playout.add(bytes(size, index + 1))
    expect(playout.queued).toBe(480)
    const played = [playout.play(), playout.play(), playout.play()].map((frame) => [...(frame ?? [])])
    expect(played.flat()).toEqual([1, ...bytes(400, 2), ...bytes(79, 4)])
    expect(playout.play()).toBeUndefined()
  })

  it('fills the last frame with silence', () => {
    const playout = new Playout()
    playout.add(bytes(100))
    expect([...(playout.play() ?? [])]).toEqual([...bytes(100), ...bytes(60, 0xff)])
    expect(playout.queued).toBe(0)
  })

  it('reaches a mark when what was before it has been played, in order, once', () => {
    const playout = new Playout()
    playout.mark('empty')
    expect(playout.reached()).toEqual(['empty'])
    playout.add(bytes(170))
    playout.mark('a')
    playout.mark('b')
    playout.add(bytes(300))
    playout.mark('c')
    playout.play()
    expect(playout.reached()).toEqual([])
    playout.play()
    expect(playout.reached()).toEqual(['a', 'b'])
    expect(playout.pendingMarks).toBe(1)
    playout.clear()
    expect(playout.queued).toBe(0)
    expect(playout.reached()).toEqual(['c'])
    expect(playout.play()).toBeUndefined()
    playout.mark('after')
    expect(playout.reached()).toEqual(['after'])
  })
})

describe('messages of the server', () => {
  const sid = 'MZ1'
  it.each([
    [
      '{"event":"media","streamSid":"MZ1","media":{"payload":"/w=="}}',
      { event: 'media', payload: Buffer.of(0xff) },
    ],
    ['{"streamSid":"MZ1","mark":{"name":""},"event":"mark"}', { event: 'mark', name: '' }],
    ['{"event":"clear","streamSid":"MZ1"}', { event: 'clear' }],
  ])('%s is understood', (text, message) => {
    expect(readStreamMessage(text, sid)).toEqual(message)
  })

  it.each([
    ['', 'The message is not JSON'],
    ['[]', 'The message is not a JSON object'],
    ['{"event":"stop","streamSid":"MZ1"}', 'Unsupported event: "stop"'],
    ['{"event":"clear"}', 'streamSid is missing'],
    ['{"event":"clear","streamSid":"MZ2"}', 'streamSid is not that of this stream'],
    ['{"event":"clear","streamSid":"MZ1","mark":{}}', 'Unexpected field: mark'],
    ['{"event":"media","streamSid":"MZ1"}', 'media is not an object'],
    ['{"event":"media","streamSid":"MZ1","media":{"payload":1}}', 'media.payload is missing or not a string'],
    [
      '{"event":"media","streamSid":"MZ1","media":{"payload":"","track":""}}',
      'Unexpected field: media.track',
    ],
    ['{"event":"media","streamSid":"MZ1","media":{"payload":"a-b_"}}', 'media.payload is not base64'],
    ['{"event":"media","streamSid":"MZ1","media":{"payload":"AAAAA"}}', 'media.payload is not base64'],
  ])('%s is not', (text, problem) => {
    expect(readStreamMessage(text, sid)).toBe(problem)
  })
})

describe('addresses of streams', () => {
  const base = 'https://a.example/deep/voice?x=1'
  it.each([
    ['wss://b.example/media/token', { is: 'address', url: 'wss://b.example/media/token', hadQuery: false }],
    ['wss://b.example/media?token=1', { is: 'address', url: 'wss://b.example/media', hadQuery: true }],
    ['/media', { is: 'address', url: 'wss://a.example/media', hadQuery: false }],
    ['media', { is: 'address', url: 'wss://a.example/deep/media', hadQuery: false }],
    ['https://b.example/', { is: 'refused', code: '31922' }],
    ['ws://b.example/', { is: 'refused', code: '31922' }],
    ['wss://', { is: 'refused', code: '31923' }],
    ['', { is: 'refused', code: '31923' }],
  ])('%s', (written, expected) => {
    expect(streamAddress(written, base, false)).toMatchObject(expected)
  })

  it('need a scheme in an inline document, and may be ws where that is allowed', () => {
    expect(streamAddress('/media', undefined, true)).toMatchObject({ code: '31923' })
    expect(streamAddress('ws://b.example/', base, true)).toMatchObject({ url: 'ws://b.example/' })
  })
})
