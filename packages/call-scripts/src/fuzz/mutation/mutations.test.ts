import { describe, expect, it } from 'vitest'
import { mutateBytes } from './byte-mutations.ts'
import { encodeFields, mutateFields } from './form-mutations.ts'
import { mutateMessage } from './mutator.ts'
import { Random } from './random.ts'
import { mutateSequence } from './sequence-mutations.ts'
import { mutateText } from './text-mutations.ts'
import { mutateValue } from './value-mutations.ts'

const MEDIA = {
  event: 'media',
  sequenceNumber: '4',
  streamSid: 'MZ0123456789abcdef0123456789abcdef',
  media: { track: 'inbound', chunk: '2', timestamp: '25', payload: 'fn5+fn5+' },
}

const many = <T>(count: number, make: (random: Random, n: number) => T): T[] => {
  const random = new Random(1)
  return Array.from({ length: count }, (_, n) => make(random, n))
}

describe('choices', () => {
  it('are the same for the same seed and name, and others for another', () => {
    const first = (seed: number, name?: string) => {
      const random = new Random(seed, name)
      return [random.next(), random.below(1000), random.bytes(4).toString('hex')]
    }
    expect(first(7, 'frames')).toEqual(first(7, 'frames'))
    expect(first(7, 'frames')).not.toEqual(first(8, 'frames'))
    expect(first(7, 'frames')).not.toEqual(first(7, 'events'))
  })

  it('stay in their range', () => {
    for (const n of many(1000, (random) => random.below(7))) expect([0, 1, 2, 3, 4, 5, 6]).toContain(n)
  })

  it('refuses to pick from nothing', () => {
    expect(() => new Random(1).pick([])).toThrow('nothing to pick from')
  })
})

describe('mutants', () => {
  const texts = many(4000, (random) => mutateMessage(random, [MEDIA]))

  it('are reproducible', () => {
    const again = many(4000, (random) => mutateMessage(random, [MEDIA]))
    expect(again.map(({ bytes }) => bytes.toString('hex'))).toEqual(
      texts.map(({ bytes }) => bytes.toString('hex')),
    )
  })

  it('are nearly all different from each other and from the sample', () => {
    const distinct = new Set(texts.map(({ bytes }) => bytes.toString('hex')))
    expect(distinct.size).toBeGreaterThan(2000)
    const same = texts.filter(({ bytes }) => bytes.toString() === JSON.stringify(MEDIA))
    expect(same.length).toBeLessThan(400)
  })

  it('are in good part still JSON, so that they get behind the parser', () => {
    const parsed = texts.filter(({ bytes }) => {
      try {
        JSON.parse(bytes.toString())
        return true
      } catch {
        return false
      }
    })
    expect(parsed.length / texts.length).toBeGreaterThan(0.6)
    expect(parsed.length / texts.length).toBeLessThan(0.95)
  })

  it('hold what was asked for: depth, length, bytes that are no text, keys that come twice', () => {
    const all = texts.map(({ bytes }) => bytes)
    expect(all.some((bytes) => bytes.includes('[[[[[[[[[[[[[[[[[['))).toBe(true)
    expect(all.some((bytes) => bytes.length > 30_000)).toBe(true)
    expect(all.some((bytes) => !isUtf8(bytes))).toBe(true)
    expect(all.some((bytes) => /"event":[^,]*,"event":/.test(bytes.toString()))).toBe(true)
    expect(all.some((bytes) => bytes.includes('1e+308') || bytes.includes('9007199254740992'))).toBe(true)
    expect(all.some((bytes) => bytes.includes('__proto__'))).toBe(true)
  })

  it('leave the sample alone', () => {
    expect(MEDIA).toEqual({
      event: 'media',
      sequenceNumber: '4',
      streamSid: 'MZ0123456789abcdef0123456789abcdef',
      media: { track: 'inbound', chunk: '2', timestamp: '25', payload: 'fn5+fn5+' },
    })
    expect(Object.getPrototypeOf(MEDIA)).toBe(Object.prototype)
  })
})

const isUtf8 = (bytes: Buffer): boolean => Buffer.from(bytes.toString('utf8')).equals(bytes)

describe('each way to change something is taken', () => {
  const ways = (make: (random: Random) => { how: string }) =>
    new Set(many(3000, make).flatMap(({ how }) => how.split(', ')))

  it('values', () => expect(ways((random) => mutateValue(random, MEDIA)).size).toBe(9))
  it('texts', () => expect(ways((random) => mutateText(random, JSON.stringify(MEDIA))).size).toBe(9))
  it('bytes', () => {
    const bytes = Buffer.from(JSON.stringify(MEDIA))
    expect(ways((random) => mutateBytes(random, bytes, bytes)).size).toBe(10)
  })
  it('forms', () => {
    expect(
      ways((random) =>
        mutateFields(random, [
          ['CallSid', 'CA1'],
          ['From', '+81'],
        ] as const),
      ).size,
    ).toBe(8)
  })
  it('sequences', () => expect(ways((random) => mutateSequence(random, [1, 2, 3, 4])).size).toBe(7))
})

describe('sequences', () => {
  it('hold only what was there', () => {
    for (const { items } of many(500, (random) => mutateSequence(random, ['a', 'b', 'c']))) {
      for (const item of items) expect(['a', 'b', 'c']).toContain(item)
    }
    expect(mutateSequence(new Random(1), [])).toEqual({ items: [], how: 'nothing to change' })
  })
})

describe('forms', () => {
  it('travel percent-encoded whatever is in them', () => {
    const fields = [['From', '+8190\ud800'] as const, ['a&b', '=あ'] as const]
    expect(encodeFields(fields)).toBe('From=%2B8190%EF%BF%BD&a%26b=%3D%E3%81%82')
  })
})
