import { describe, expect, it } from 'vitest'
import { codecKind } from './codec-kind.ts'
import type { KindReport } from './kind.ts'
import { kinds } from './kinds.ts'

/** The seed of every run of the tests; `pnpm fuzz` takes another one each time. */
const SEED = 20_261_121

/** Mutants of each kind. */
const COUNT = 20_000

const clean = (report: KindReport) => ({ kind: report.kind, failures: report.failures })

/** The codec is no process: its test is a unit test. */
const ofServices = kinds.filter((kind) => kind !== codecKind)

describe('the services take mutated', () => {
  it.each(ofServices)('$name', { timeout: 300_000 }, async ({ name, run }) => {
    const report = await run({ seed: SEED, count: COUNT, log: () => {} })
    expect(clean(report)).toEqual({ kind: name, failures: [] })
    expect(report.mutants).toBeGreaterThanOrEqual(COUNT)
    expect(report.growth.length).toBeGreaterThan(0)
  })
})
