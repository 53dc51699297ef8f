import type { Random } from './random.ts'
import { EDGE_TEXTS } from './value-mutations.ts'

/** The fields of a form, in order; a key may come twice. */
export type Fields = readonly (readonly [key: string, value: string])[]

type Change = (random: Random, fields: Fields) => Fields

const changes: Readonly<Record<string, Change>> = {
  'another value': (random, fields) => {
    const at = random.below(fields.length)
    return fields.map((field, i) => (i === at ? ([field[0], random.pick(EDGE_TEXTS)] as const) : field))
  },
  "another field's value": (random, fields) => {
    const [at, from] = [random.below(fields.length), random.below(fields.length)]
    return fields.map((field, i) => (i === at ? ([field[0], fields[from]?.[1] ?? ''] as const) : field))
  },
  'a field left out': (random, fields) => fields.toSpliced(random.below(fields.length), 1),
  'a field twice': (random, fields) => {
    const [key] = random.pick(fields)
    return [...fields, [key, random.pick(EDGE_TEXTS)] as const]
  },
  'an unknown field': (random, fields) => [
    ...fields,
    [
      random.pick(['__proto__', 'constructor', 'a[b][c]', 'a[]', '', 'X'.repeat(300), '\u0000']),
      'x',
    ] as const,
  ],
  'a long value': (random, fields) => {
    const at = random.below(fields.length)
    return fields.map((field, i) =>
      i === at ? ([field[0], 'x'.repeat(random.pick([500, 5000, 50_000]))] as const) : field,
    )
  },
  'many fields': (random, fields) => [
    ...fields,
    ...Array.from({ length: random.pick([50, 1500]) }, (_, i) => [`Extra${i}`, 'x'] as const),
  ],
  'a character changed': (random, fields) => {
    const at = random.below(fields.length)
    return fields.map((field, i) => {
      if (i !== at || field[1] === '') return field
      const place = random.below(field[1].length)
      const changed =
        field[1].slice(0, place) + String.fromCharCode(random.below(0x250)) + field[1].slice(place + 1)
      return [field[0], changed] as const
    })
  },
}

/** A form with one or two things wrong in it. */
export function mutateFields(random: Random, fields: Fields): { fields: Fields; how: string } {
  let changed = fields
  const how: string[] = []
  for (let n = random.pick([1, 1, 2]); n > 0 && changed.length > 0; n--) {
    const name = random.pick(Object.keys(changes))
    changed = (changes[name] as Change)(random, changed)
    how.push(name)
  }
  return { fields: changed, how: how.join(', ') }
}

/** The form as it travels. */
export const encodeFields = (fields: Fields): string =>
  fields
    .map(([key, value]) => `${encodeURIComponent(wellFormed(key))}=${encodeURIComponent(wellFormed(value))}`)
    .join('&')

/** Lone surrogates cannot be encoded: UTF-8 makes replacement characters of them. */
const wellFormed = (text: string): string => Buffer.from(text).toString()
