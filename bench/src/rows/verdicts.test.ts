import { describe, expect, it } from 'vitest'
import type { LoadResult } from '../generator/load-types.ts'
import { atMost, atMostOrWarn, worst } from './row.ts'
import { damageOf, whyReferenceVoid, whyVoid } from './void-rules.ts'

const whole = { sent: 100, intact: 100, lost: 0, reordered: 0, duplicated: 0, altered: 0, filledMs: 0 }
const quick = { count: 100, p50: 0.2, p95: 0.6, p99: 1, max: 2 }

const result = (changes: Partial<LoadResult> = {}): LoadResult => ({
  calls: 100,
  toModel: whole,
  toCaller: whole,
  toModelMs: quick,
  toCallerMs: quick,
  clearMs: quick,
  clearsMissing: 0,
  shareMs: quick,
  greetingMs: quick,
  coldGreetings: 0,
  greetingsMissing: 0,
  relayed: 1000,
  measuredMs: 1000,
  subjectCpuMs: 20,
  othersOnCore: 0.01,
  residentKib: { median: 1, least: 1, most: 1 },
  generatorCpu: 0.3,
  generatorLagMs: 1,
  worstLagMs: 1,
  appendsPerRead: 1,
  marksPerDelta: 1,
  faults: {},
  ...changes,
})

describe('a figure against its bar', () => {
  it.each([
    [1.15, 'held'],
    [1.16, 'warned'],
    [1.3, 'warned'],
    [1.31, 'fell short'],
    [Number.NaN, 'void'],
  ] as const)('ratio %d is %s', (ratio, verdict) => {
    expect(atMostOrWarn(ratio, 1.15, 1.3)).toBe(verdict)
  })

  it('has no band where none is given', () => {
    expect([atMost(4, 4), atMost(4.01, 4), atMost(Number.NaN, 4)]).toEqual(['held', 'fell short', 'void'])
  })

  it.each([
    [['held', 'warned'], 'warned'],
    [['void', 'held'], 'void'],
    [['void', 'fell short', 'warned'], 'fell short'],
    [[], 'held'],
  ] as const)('of %j the row gets %s', (verdicts, verdict) => {
    expect(worst(verdicts)).toBe(verdict)
  })
})

describe('a run is void', () => {
  it('never when everything is as it should be', () => {
    expect(whyVoid(result())).toEqual([])
    expect(whyReferenceVoid(result())).toEqual([])
  })

  it('when the generator had more than 80 % of its core', () => {
    expect(whyVoid(result({ generatorCpu: 0.81 }))).toEqual(['generator at 81 % of its core (limit 80 %)'])
  })

  it('when others had the core that is measured', () => {
    expect(whyVoid(result({ othersOnCore: 0.2 }))[0]).toMatch(/other processes had 20 %/)
  })

  it('when the reference is slow at 100 calls, in either direction', () => {
    expect(whyReferenceVoid(result({ toCallerMs: { ...quick, p99: 5.1 } }))[0]).toMatch(
      /reference p99 5\.10 ms/,
    )
    expect(whyReferenceVoid(result({ calls: 200, toCallerMs: { ...quick, p99: 5.1 } }))).toEqual([])
  })
})

describe('damage', () => {
  it.each([
    ['nothing', {}, 0],
    ['a lost frame', { toModel: { ...whole, intact: 99, lost: 1 } }, 1],
    ['a frame out of order', { toModel: { ...whole, reordered: 1 } }, 1],
    ['a doubled delta', { toCaller: { ...whole, duplicated: 1 } }, 1],
    ['an altered delta', { toCaller: { ...whole, altered: 1 } }, 1],
    ['two missing marks', { marksPerDelta: 0.98 }, 2],
    ['silence where nobody paused', { toModel: { ...whole, filledMs: 60 } }, 3],
    ['silence where the callers paused', { toModel: { ...whole, filledMs: 60 }, worstLagMs: 350 }, 0],
  ] as const)('%s', (_, changes, damage) => {
    expect(damageOf(result(changes))).toBe(damage)
  })
})
