import type { Random } from './random.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** One place in a value: its holder, and its key or index there. */
type Place = { holder: Json[] | { [key: string]: Json }; key: string | number }

/** Numbers at the edges of what receivers think of. */
export const EDGE_NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 1,
  1e21,
]

/** Texts that are something else, or nothing, or too much. */
export const EDGE_TEXTS: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  'true',
  'NaN',
  '1e999',
  '00000000000000000001',
  '٣',
  '\u0000',
  '\n\r\t',
  '\ud800',
  '\ufeff',
  '"',
  '\\',
  '</Response>',
  "'; DROP TABLE calls; --",
  '../../etc/passwd',
  '{{7*7}}',
  '%00%0a',
  '😀'.repeat(40),
  'あ'.repeat(400),
]

const EDGE_KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'event',
  'type',
  'data',
  '\u0000',
  'length',
]

/** What may be put in the place of anything. */
export function anyValue(random: Random): Json {
  const make: readonly (() => Json)[] = [
    () => null,
    () => random.chance(0.5),
    () => random.pick(EDGE_NUMBERS),
    () => random.pick(EDGE_TEXTS),
    () => [],
    () => ({}),
    () => [null, 1, 'x', {}],
    () => 'A'.repeat(random.pick([63, 64, 65, 300, 5000, 40_000])),
    () => nested(random.pick([3, 50, 700, 2000]), random.chance(0.5)),
    () => Array.from({ length: random.pick([10, 300, 3000]) }, (_, i) => i),
  ]
  return random.pick(make)()
}

/** A value inside a value inside a value. */
export function nested(depth: number, asArrays: boolean): Json {
  let value: Json = 1
  for (let i = 0; i < depth; i++) value = asArrays ? [value] : { a: value }
  return value
}

/** Values grow by mutation: more places than this, or deeper ones, need no further change. */
const MOST_PLACES = 300

function placesOf(value: Json): Place[] {
  const places: Place[] = []
  const open: Json[] = [value]
  for (let next = open.shift(); next !== undefined && places.length < MOST_PLACES; next = open.shift()) {
    if (next === null || typeof next !== 'object') continue
    const holder = next
    for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
      const place = { holder, key }
      places.push(place)
      open.push(get(place))
    }
  }
  return places
}

const get = ({ holder, key }: Place): Json => (holder as Record<string | number, Json>)[key] as Json

function set({ holder, key }: Place, value: Json): void {
  // Not by assignment: `__proto__` would be a prototype, not a key.
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

type Change = (random: Random, place: Place) => void

const changes: Readonly<Record<string, Change>> = {
  'another value': (random, place) => set(place, anyValue(random)),
  'another type': (_, place) => {
    const old = get(place)
    if (typeof old === 'number') set(place, String(old))
    else if (typeof old === 'string' && /^-?\d+$/.test(old)) set(place, Number(old))
    else if (Array.isArray(old)) set(place, { ...old } as unknown as Json)
    else if (typeof old === 'object') set(place, [old])
    else set(place, [String(old)])
  },
  'an edge of its own type': (random, place) => {
    const old = get(place)
    if (typeof old === 'number') set(place, random.pick(EDGE_NUMBERS))
    else if (typeof old === 'string')
      set(place, random.chance(0.3) ? old.repeat(random.below(60)) : random.pick(EDGE_TEXTS))
    else if (typeof old === 'boolean') set(place, !old)
    else set(place, Array.isArray(old) ? [] : {})
  },
  'a key left out': (_, { holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key as string]
  },
  'an unknown key': (random, { holder }) => {
    if (!Array.isArray(holder)) set({ holder, key: random.pick(EDGE_KEYS) }, anyValue(random))
    else holder.push(anyValue(random))
  },
  'a key renamed': (random, place) => {
    const { holder, key } = place
    if (Array.isArray(holder)) return holder.reverse() as unknown as undefined
    const value = get(place)
    delete holder[key as string]
    set({ holder, key: random.chance(0.5) ? `${key}_` : String(key).toUpperCase() }, value)
  },
  'wrapped deep': (random, place) => {
    let value = get(place)
    for (let i = random.pick([1, 5, 200, 1000]); i > 0; i--)
      value = random.chance(0.5) ? [value] : { [String(place.key)]: value }
    set(place, value)
  },
  'a character changed': (random, place) => {
    const old = get(place)
    if (typeof old !== 'string' || old === '') return
    const at = random.below(old.length)
    set(place, old.slice(0, at) + String.fromCharCode(random.below(0x250)) + old.slice(at + 1))
  },
  'two values swapped': (random, place) => {
    const { holder, key } = place
    const others = Object.keys(holder).filter((other) => other !== String(key))
    if (others.length === 0) return
    const other = { holder, key: random.pick(others) }
    const [mine, theirs] = [get(place), get(other)]
    set(place, theirs)
    set(other, mine)
  },
}

/** A copy of a value with one to three things wrong in it, and what they are. */
export function mutateValue(random: Random, value: Json): { value: Json; how: string } {
  const root: { value: Json } = { value: structuredClone(value) }
  const how: string[] = []
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) {
    const places = placesOf(root.value)
    const place: Place =
      places.length === 0 || random.chance(0.02) ? { holder: root, key: 'value' } : random.pick(places)
    const name = random.pick(Object.keys(changes))
    ;(changes[name] as Change)(random, place)
    how.push(name)
  }
  return { value: root.value ?? null, how: how.join(', ') }
}
