import { describe, expect, it } from 'vitest'
import { appendFrame, appendFrameLength, writeAppendFrame } from './append-frame.ts'
import { base64Bytes, isBase64 } from './base64-text.ts'
import { carrierFrames, readMark } from './carrier-frame.ts'
import { newCarrierScan, scanCarrierMessage } from './carrier-scan.ts'
import { newDeltaScan, scanAudioDelta } from './delta-scan.ts'

const sid = 'MZ0123456789abcdef0123456789abcdef'
const found = newCarrierScan()
const delta = newDeltaScan()

const media = (over: object = {}, inner: object = {}) => ({
  event: 'media',
  sequenceNumber: '4',
  streamSid: sid,
  media: { track: 'inbound', chunk: '2', timestamp: '25', payload: 'fn5+fn5/', ...inner },
  ...over,
})

/** What the scan says of a text, as plain values. */
function scanned(text: string) {
  const bytes = Buffer.from(text)
  scanCarrierMessage(bytes, found)
  if (found.kind === 'other') return { kind: 'other' }
  const at = (start: number, end: number) => bytes.toString('utf8', start, end)
  const stream = at(found.streamStart, found.streamEnd)
  return found.kind === 'media'
    ? {
        kind: 'media',
        stream,
        payload: at(found.payloadStart, found.payloadEnd),
        ms: found.timestampMs,
        inbound: found.inbound,
      }
    : { kind: 'mark', stream, name: at(found.nameStart, found.nameEnd) }
}

const good = { kind: 'media', stream: sid, payload: 'fn5+fn5/', ms: 25, inbound: true }

describe('a message of the carrier', () => {
  it.each([
    ['as documented', JSON.stringify(media()), good],
    ['with white space everywhere', JSON.stringify(media(), null, '\t\n '), good],
    [
      'with its keys the other way round',
      JSON.stringify(Object.fromEntries(Object.entries(media()).reverse())),
      good,
    ],
    [
      'with the payload first',
      JSON.stringify({ media: { payload: 'fn5+fn5/', timestamp: '25' }, streamSid: sid, event: 'media' }),
      good,
    ],
    [
      'with numbers, literals and a key it does not know',
      JSON.stringify(media({ sequenceNumber: 4, new: null, more: true }, { chunk: 2, timestamp: 25 })),
      good,
    ],
    ['of the other track', JSON.stringify(media({}, { track: 'outbound' })), { ...good, inbound: false }],
    [
      'that says a key twice (the last one counts)',
      JSON.stringify(media()).replace('"payload"', '"payload":"AAAA","payload"'),
      good,
    ],
    [
      'a mark',
      JSON.stringify({ event: 'mark', sequenceNumber: '41', streamSid: sid, mark: { name: '1:2:3:40' } }),
      { kind: 'mark', stream: sid, name: '1:2:3:40' },
    ],
  ])('is read %s', (_story, text, expected) => {
    expect(scanned(text)).toEqual(expected)
  })

  it.each([
    ['an escape in the payload', JSON.stringify(media()).replace('fn5/', 'fn5\\/')],
    ['an escape in a key', JSON.stringify(media()).replace('"event"', '"\\u0065vent"')],
    ['an unknown object', JSON.stringify(media({ extra: { media: { payload: 'AAAA' } } }))],
    ['a list', JSON.stringify(media({ extra: [] }))],
    ['a fraction', JSON.stringify(media({ extra: 1.5 }))],
    ['another event', JSON.stringify({ event: 'stop', streamSid: sid, stop: {} })],
    ['no payload', JSON.stringify(media({ media: { timestamp: '1' } }))],
    ['no timestamp', JSON.stringify(media({ media: { payload: 'AAAA' } }))],
    ['no streamSid', JSON.stringify({ ...media(), streamSid: undefined })],
    ['a number as payload', JSON.stringify(media({}, { payload: 4 }))],
    ['something after the end', `${JSON.stringify(media())}x`],
    ['an end too early', JSON.stringify(media()).slice(0, -1)],
    ['a comma too many', JSON.stringify(media()).replace('}}', '},}')],
    ['a leading zero', JSON.stringify(media({ extra: 7 })).replace('"extra":7', '"extra":07')],
    ['nothing', ''],
    ['no object', '"media"'],
  ])('is left to JSON.parse with %s', (_story, text) => {
    expect(scanned(text)).toEqual({ kind: 'other' })
  })
})

/** A repeatable source of chance (mulberry32). */
function chance(seed: number) {
  let a = seed
  return (below: number) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const spices = [
  '"',
  '\\',
  '{',
  '}',
  ',',
  ':',
  ' ',
  '\n',
  '0',
  '-',
  'media',
  '"payload":"AA=="',
  '\u0000',
  'é',
  '[',
  ']',
]

function mutated(text: string, next: (below: number) => number): string {
  let out = text
  for (let n = next(3) + 1; n > 0; n--) {
    const at = next(out.length + 1)
    const kind = next(3)
    const spice = spices[next(spices.length)] as string
    if (kind === 0) out = out.slice(0, at) + out.slice(at + 1 + next(4))
    else if (kind === 1) out = out.slice(0, at) + spice + out.slice(at)
    else out = out.slice(0, at) + spice + out.slice(at + spice.length)
  }
  return out
}

const parsed = (text: string): Record<string, unknown> | null => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null
  } catch {
    return null
  }
}

describe('20,000 broken messages', () => {
  it('of the carrier: what the scan takes, JSON.parse reads the same', () => {
    const next = chance(20261121)
    const seeds = [
      JSON.stringify(media()),
      JSON.stringify(media(), null, 1),
      JSON.stringify({ event: 'mark', streamSid: sid, mark: { name: '1:2:3:40' } }),
    ]
    let taken = 0
    for (let n = 0; n < 20_000; n++) {
      const text = mutated(seeds[n % seeds.length] as string, next)
      const scan = scanned(text)
      if (scan.kind === 'other') continue
      taken++
      const json = parsed(text)
      // A control character inside the payload is the one thing the search does not see; no base64 has it.
      if (
        scan.kind === 'media' &&
        !isBase64(Buffer.from(String(scan.payload)), 0, Buffer.byteLength(String(scan.payload)))
      )
        continue
      expect(json, text).not.toBeNull()
      expect(json?.streamSid).toBe(scan.stream)
      expect(json?.event).toBe(scan.kind)
      const inner = json?.[scan.kind] as Record<string, unknown>
      if (scan.kind === 'mark') expect(inner.name).toBe(scan.name)
      else {
        expect(inner.payload).toBe(scan.payload)
        expect(Number(inner.timestamp)).toBe(scan.ms)
      }
    }
    expect(taken).toBeGreaterThan(1000)
  })

  it('of the model: what the scan takes, JSON.parse reads the same', () => {
    const next = chance(7)
    const seed = JSON.stringify({
      type: 'response.output_audio.delta',
      event_id: 'event_1',
      response_id: 'resp_1',
      item_id: 'item_1',
      output_index: 0,
      content_index: 0,
      delta: 'fn5+fn5/',
      obfuscation: 'x',
    })
    let taken = 0
    for (let n = 0; n < 20_000; n++) {
      const text = mutated(seed, next)
      const bytes = Buffer.from(text)
      if (!scanAudioDelta(bytes, delta)) continue
      taken++
      const audio = bytes.toString('utf8', delta.audioStart, delta.audioEnd)
      if (!isBase64(bytes, delta.audioStart, delta.audioEnd)) continue
      const json = parsed(text)
      expect(json, text).toMatchObject({
        type: 'response.output_audio.delta',
        delta: audio,
        response_id: bytes.toString('utf8', delta.responseStart, delta.responseEnd),
        item_id: bytes.toString('utf8', delta.itemStart, delta.itemEnd),
      })
    }
    expect(taken).toBeGreaterThan(1000)
  })
})

describe('an audio delta of the model', () => {
  const event = {
    type: 'response.output_audio.delta',
    event_id: 'event_1',
    response_id: 'resp_1',
    item_id: 'item_1',
    output_index: 0,
    content_index: 0,
    delta: 'A'.repeat(100_000),
  }
  it.each([
    ['as documented', JSON.stringify(event)],
    ['with white space', JSON.stringify(event, null, 4)],
    ['with its type last', JSON.stringify(Object.fromEntries(Object.entries(event).reverse()))],
    ['with obfuscation', JSON.stringify({ ...event, obfuscation: 'zzz' })],
  ])('is found %s', (_story, text) => {
    const bytes = Buffer.from(text)
    expect(scanAudioDelta(bytes, delta)).toBe(true)
    expect(delta.audioEnd - delta.audioStart).toBe(100_000)
    expect(bytes.toString('latin1', delta.responseStart, delta.responseEnd)).toBe('resp_1')
    expect(bytes.toString('latin1', delta.itemStart, delta.itemEnd)).toBe('item_1')
  })
  it.each([
    ['words', { ...event, type: 'response.output_audio_transcript.delta', delta: 'もしもし' }],
    ['no response', { ...event, response_id: undefined }],
    ['an object within', { ...event, extra: {} }],
  ])('is not found with %s', (_story, json) => {
    expect(scanAudioDelta(Buffer.from(JSON.stringify(json)), delta)).toBe(false)
  })
})

/** Takes WebSocket frames apart, as RFC 6455 says. */
function unframed(bytes: Buffer): { text: string; masked: boolean }[] {
  const frames: { text: string; masked: boolean }[] = []
  for (let i = 0; i < bytes.length; ) {
    expect(bytes[i]).toBe(0x81)
    const masked = ((bytes[i + 1] as number) & 0x80) !== 0
    let length = (bytes[i + 1] as number) & 0x7f
    i += 2
    if (length === 126) {
      length = bytes.readUInt16BE(i)
      i += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(i))
      i += 8
    }
    const payload = Buffer.from(bytes.subarray(i + (masked ? 4 : 0), i + (masked ? 4 : 0) + length))
    if (masked)
      for (let k = 0; k < length; k++) payload[k] = (payload[k] as number) ^ (bytes[i + (k & 3)] as number)
    frames.push({ text: payload.toString('utf8'), masked })
    i += length + (masked ? 4 : 0)
  }
  return frames
}

describe('frames to the model', () => {
  it.each([0, 4, 76, 80, 216, 220, 65_484, 65_488, 65_492, 70_000])(
    'carry %i characters unaltered',
    (length) => {
      const source = Buffer.from(`<<${'Ab3+/Zq9'.repeat(10_000).slice(0, length)}>>`)
      const frame = appendFrame(source, 2, 2 + length)
      expect(frame.length).toBe(appendFrameLength(length))
      const [only] = unframed(frame)
      expect(only?.masked).toBe(true)
      expect(JSON.parse(only?.text ?? '')).toEqual({
        type: 'input_audio_buffer.append',
        audio: source.toString('latin1', 2, 2 + length),
      })
    },
  )

  it('stand behind each other in one buffer', () => {
    const source = Buffer.from('QUJDREVG')
    const target = Buffer.alloc(2 * appendFrameLength(4))
    const middle = writeAppendFrame(target, 0, source, 0, 4)
    expect(writeAppendFrame(target, middle, source, 4, 8)).toBe(target.length)
    expect(unframed(target).map(({ text }) => JSON.parse(text).audio)).toEqual(['QUJD', 'REVG'])
  })
})

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

describe('base64', () => {
  it.each([
    ['////', 3],
    ['//8=', 2],
    ['/w==', 1],
    ['', -1],
    ['AAA', -1],
  ])('%o stands for %i bytes', (text, bytes) => {
    expect(base64Bytes(Buffer.from(text), 0, text.length)).toBe(bytes)
  })
  it.each(['A=AA', 'AA A', 'AA\nA', '=AAA', 'AA-_', 'A===', 'é==', ''])('%o is none', (text) => {
    expect(isBase64(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(false)
  })
  it('is what Node makes of any bytes', () => {
    for (let n = 1; n < 200; n++) {
      const text = Buffer.alloc(n, 255 - n).toString('base64')
      expect(isBase64(Buffer.from(text), 0, text.length)).toBe(true)
      expect(base64Bytes(Buffer.from(text), 0, text.length)).toBe(n)
    }
  })
})
