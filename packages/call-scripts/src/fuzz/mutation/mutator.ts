import { mutateBytes } from './byte-mutations.ts'
import type { Random } from './random.ts'
import { mutateText } from './text-mutations.ts'
import { type Json, mutateValue } from './value-mutations.ts'

export type Mutant = { bytes: Buffer; how: string }

/**
 * One message made from a sample: mostly JSON with a wrong value in it (what gets past a parser), often JSON that is
 * written oddly, sometimes bytes that are no text at all.
 */
export function mutateMessage(random: Random, samples: readonly Json[]): Mutant {
  const sample = random.pick(samples)
  const dice = random.next()
  if (dice < 0.55) {
    const { value, how } = mutateValue(random, sample)
    return { bytes: Buffer.from(textOf(value)), how }
  }
  const { value, how: before } = random.chance(0.5)
    ? mutateValue(random, sample)
    : { value: sample, how: 'as it is' }
  if (dice < 0.8) {
    const { text, how } = mutateText(random, textOf(value))
    return { bytes: Buffer.from(text), how: `${before}; ${how}` }
  }
  const other = Buffer.from(textOf(random.pick(samples)))
  const { bytes, how } = mutateBytes(random, Buffer.from(textOf(value)), other)
  return { bytes, how: `${before}; ${how}` }
}

const textOf = (value: Json): string => JSON.stringify(value) ?? 'null'
