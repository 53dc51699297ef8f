import { describe, expect, it } from 'vitest'
import type { KindReport } from './kind.ts'
import { kinds } from './kinds.ts'

/** The seed of every run of the tests; `pnpm fuzz` takes another one each time. */
const SEED = 20_261_121

/**
 * Mutants of each kind. The kinds that write every mutant down in Postgres would take minutes for as many as the
 * others; `pnpm fuzz` gives them as many.
 */
const COUNTS: Readonly<Record<string, number>> = {
  'stream frames': 20_000,
  'model events': 20_000,
  'commands on the bus': 20_000,
  'envelopes on the bus': 2000,
  webhooks: 2000,
}

const clean = (report: KindReport) => ({ kind: report.kind, failures: report.failures })

describe('the services take mutated', () => {
  it.each(Object.entries(COUNTS))('%s', { timeout: 240_000 }, async (name, count) => {
    const kind = kinds.find((one) => one.name === name)
    if (kind === undefined) throw new Error(`there is no kind ${name}`)
    const report = await kind.run({ seed: SEED, count, log: () => {} })
    expect(clean(report)).toEqual({ kind: name, failures: [] })
    expect(report.mutants).toBeGreaterThanOrEqual(count)
    expect(report.growth.length).toBeGreaterThan(0)
  })
})
