import { describe, expect, it } from 'vitest'
import { carrierFrames, readMark } from './carrier-frame.ts'
import { unframed } from './test-frames.ts'

const sid = 'MZ0123456789abcdef0123456789abcdef'

describe('frames to the carrier', () => {
  const frames = carrierFrames(sid)
  it.each([4, 60, 216, 65_600])('carry %i characters and their mark in one buffer', (length) => {
    const source = Buffer.from(`..${'Zz0/'.repeat(20_000).slice(0, length)}`)
    const mark = { generation: 1, response: 20, item: 300, ms: 123_456 }
    const [media, marking, ...rest] = unframed(frames.mediaAndMark(source, 2, 2 + length, mark))
    expect(rest).toEqual([])
    expect(media?.masked).toBe(false)
    expect(JSON.parse(media?.text ?? '')).toEqual({
      event: 'media',
      streamSid: sid,
      media: { payload: source.toString('latin1', 2) },
    })
    expect(JSON.parse(marking?.text ?? '')).toEqual({
      event: 'mark',
      streamSid: sid,
      mark: { name: '1:20:300:123456' },
    })
  })

  it('clear', () => {
    expect(unframed(frames.clear).map(({ text }) => JSON.parse(text))).toEqual([
      { event: 'clear', streamSid: sid },
    ])
  })

  it('name marks so that they can be read again', () => {
    const mark = { generation: 0, response: 10, item: 9, ms: 1000 }
    const text = JSON.parse(unframed(frames.mark(mark))[0]?.text ?? '').mark.name
    const read = { generation: -1, response: -1, item: -1, ms: -1 }
    expect(readMark(Buffer.from(`"${text}"`), 1, 1 + text.length, read)).toBe(true)
    expect(read).toEqual(mark)
  })

  it.each(['', '1:2:3', '1:2:3:4:5', 'a:b:c:d', ':::', '1:2:3:', '-1:2:3:4', '1:2:3:4x'])(
    'do not take %o for a mark of ours',
    (text) => {
      expect(
        readMark(Buffer.from(text), 0, text.length, { generation: 0, response: 0, item: 0, ms: 0 }),
      ).toBe(false)
    },
  )
})
