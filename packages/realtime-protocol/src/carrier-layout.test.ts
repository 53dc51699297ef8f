import { describe, expect, it } from 'vitest'
import { isBase64 } from './base64-text.ts'
import { carrierLayouts } from './carrier-layout.ts'
import { type CarrierScan, newCarrierScan, scanCarrierMessage } from './carrier-scan.ts'
import { chance } from './test-mutation.ts'

const sid = 'MZ0123456789abcdef0123456789abcdef'
const payload = Buffer.from(Array.from({ length: 160 }, (_, i) => (i * 7) & 255)).toString('base64')
const message = (count: number, over: object = {}) => ({
  event: 'media',
  sequenceNumber: String(1000 + count),
  streamSid: sid,
  media: { track: 'inbound', chunk: String(1000 + count), timestamp: String(20_000 + count * 20), payload },
  ...over,
})

/** The scan's word on a message, and what the layout says of it. */
function both(layout: ReturnType<typeof carrierLayouts>, text: string) {
  const bytes = Buffer.from(text)
  const scanned: CarrierScan = newCarrierScan()
  const alike: CarrierScan = newCarrierScan()
  scanCarrierMessage(bytes, scanned)
  const matches = layout.matches(bytes, Buffer.from(sid), alike)
  const isGood = scanned.kind === 'media' && isBase64(bytes, scanned.payloadStart, scanned.payloadEnd)
  return { bytes, scanned, alike, matches, isGood }
}

/** What both ways say of a `media`. */
const said = ({
  kind,
  streamStart,
  streamEnd,
  payloadStart,
  payloadEnd,
  timestampMs,
  inbound,
}: CarrierScan) => ({
  kind,
  streamStart,
  streamEnd,
  payloadStart,
  payloadEnd,
  timestampMs,
  inbound,
})

function layoutOf(text: string) {
  const layout = carrierLayouts()
  const { bytes, scanned, isGood } = both(layout, text)
  expect(isGood).toBe(true)
  layout.remember(bytes, scanned)
  return layout
}

describe('the layout of a message', () => {
  it('is known again while only counters and payload change', () => {
    const layout = layoutOf(JSON.stringify(message(0)))
    for (let count = 1; count < 500; count++) {
      const { scanned, alike, matches } = both(layout, JSON.stringify(message(count)))
      expect(matches).toBe(true)
      expect(said(alike)).toEqual(said(scanned))
      expect(alike.timestampMs).toBe(20_000 + count * 20)
    }
  })

  it.each([
    ['nothing is remembered', carrierLayouts(), JSON.stringify(message(1))],
    ['it is longer', layoutOf(JSON.stringify(message(0))), JSON.stringify(message(9000))],
    [
      'a key is another one',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace('"track"', '"tracl"'),
    ],
    [
      'its track is another one',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace('"inbound"', '"inboune"'),
    ],
    [
      'a letter stands where a digit stood',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace('20020', '2002x'),
    ],
    [
      'a quote stands in the payload',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace(payload, `${payload.slice(0, 9)}"${payload.slice(10)}`),
    ],
    [
      'a backslash stands in the payload',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace(payload, `${payload.slice(0, 9)}\\${payload.slice(10)}`),
    ],
    [
      'the payload ends too early and something else begins',
      layoutOf(JSON.stringify(message(0))),
      JSON.stringify(message(1)).replace(payload, `${payload.slice(0, 8)}","x":"${payload.slice(15)}`),
    ],
    [
      'a number outside a string could begin with 0',
      layoutOf(JSON.stringify(message(0, { sequenceNumber: 1000 }))),
      JSON.stringify(message(0, { sequenceNumber: 1000 })).replace(':1000', ':0000'),
    ],
  ])('is not known when %s', (_story, layout, text) => {
    expect(both(layout, text).matches).toBe(false)
  })

  it('is the same for every stream, each asked for by its own name', () => {
    const layout = layoutOf(JSON.stringify(message(0)))
    const other = 'MZfedcba9876543210fedcba9876543210'
    const bytes = Buffer.from(JSON.stringify(message(1, { streamSid: other })))
    const found = newCarrierScan()
    expect(layout.matches(bytes, Buffer.from(sid), found)).toBe(false)
    expect(layout.matches(bytes, Buffer.from(other), found)).toBe(true)
    expect(bytes.toString('latin1', found.streamStart, found.streamEnd)).toBe(other)
  })
})

describe('20,000 messages of the same length, or nearly', () => {
  const seeds = [
    JSON.stringify(message(0)),
    JSON.stringify(message(0), null, 1),
    JSON.stringify(message(0, { sequenceNumber: 1000 })),
    JSON.stringify({ ...message(0), media: { payload: 'fn5+fn5/', timestamp: 250, chunk: 17 } }, null, '\t'),
    JSON.stringify(message(0)).replace('"payload"', '"payload":"AAAA","payload"'),
    JSON.stringify(message(0)).replace('"timestamp"', '"timestamp":"17","timestamp"'),
  ]
  const spices = '"\\{},:0123456789 \n\u0000-=aZ+/[]'

  it('what the layout takes, the scan finds the same', () => {
    const next = chance(20261122)
    const any = <T>(of: ArrayLike<T>): T => of[next(of.length)] as T
    let taken = 0
    let left = 0
    const layout = carrierLayouts()
    for (let n = 0; n < 20_000; n++) {
      const letters = [...any(seeds)]
      for (let changes = next(4); changes > 0; changes--) {
        // Half of the changes go where counters stand: chance alone would mostly hit the payload.
        const digits = [...letters.keys()].filter((i) => /\d/.test(letters[i] as string))
        const isCounter = next(2) === 0
        letters[isCounter ? any(digits) : next(letters.length)] = any(isCounter ? '0123456789' : spices)
      }
      const text = letters.join('')
      const { bytes, scanned, alike, matches, isGood } = both(layout, text)
      if (matches) {
        taken++
        expect(isGood, text).toBe(true)
        expect(said(alike), text).toEqual(said(scanned))
      } else left++
      if (isGood && next(3) === 0) layout.remember(bytes, scanned)
    }
    expect(taken).toBeGreaterThan(1000)
    expect(left).toBeGreaterThan(1000)
  })
})
