import { describe, expect, it } from 'vitest'
import { type Batch, nextBatch } from './load.ts'

describe('appends per write', () => {
  it.each<[Batch, number, Batch]>([
    [1, 0.5, 1],
    [1, 0.84, 1],
    [1, 0.9, 2],
    [2, 0.7, 2],
    [2, 0.96, 3],
    [3, 0.9, 3],
    [3, 0.7, 3],
    [3, 0.5, 2],
    [2, 0.5, 1],
  ])('%i at a utilisation of %d become %i', (current, utilisation, next) => {
    expect(nextBatch(current, utilisation)).toBe(next)
  })
})
