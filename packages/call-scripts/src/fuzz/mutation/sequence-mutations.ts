import type { Random } from './random.ts'

type Change = <T>(random: Random, items: readonly T[]) => T[]

const changes: Readonly<Record<string, Change>> = {
  'two swapped': (random, items) => {
    const copy = [...items]
    const [a, b] = [random.below(items.length), random.below(items.length)]
    const [one, other] = [copy[a], copy[b]]
    if (one !== undefined && other !== undefined) {
      copy[a] = other
      copy[b] = one
    }
    return copy
  },
  'one left out': (random, items) => items.toSpliced(random.below(items.length), 1),
  'one twice': (random, items) => {
    const at = random.below(items.length)
    return items.toSpliced(at, 0, ...items.slice(at, at + 1))
  },
  'one many times': (random, items) => {
    const at = random.below(items.length)
    const one = items.slice(at, at + 1)
    return items.toSpliced(at, 0, ...Array.from({ length: 20 }, () => one).flat())
  },
  'a part backwards': (random, items) => {
    const from = random.below(items.length)
    const to = from + random.below(items.length - from) + 1
    return [...items.slice(0, from), ...items.slice(from, to).reverse(), ...items.slice(to)]
  },
  'the start left out': (random, items) => items.slice(random.below(items.length)),
  'the first one last': (_, items) => [...items.slice(1), ...items.slice(0, 1)],
}

/** A sequence of messages in an order nobody promised. */
export function mutateSequence<T>(random: Random, items: readonly T[]): { items: T[]; how: string } {
  if (items.length === 0) return { items: [], how: 'nothing to change' }
  const how = random.pick(Object.keys(changes))
  return { items: (changes[how] as Change)(random, items), how }
}
