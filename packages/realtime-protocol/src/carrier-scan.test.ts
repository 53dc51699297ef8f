import { describe, expect, it } from 'vitest'
import { isBase64 } from './base64-text.ts'
import { newCarrierScan, scanCarrierMessage } from './carrier-scan.ts'
import { chance, mutated, parsed } from './test-mutation.ts'

const sid = 'MZ0123456789abcdef0123456789abcdef'
const found = newCarrierScan()

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
})
