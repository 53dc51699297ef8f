import type { LoadResult } from '../generator/load-types.ts'
import type { Subject } from '../subject/subject.ts'
import { type Bench, runOn, withSubjects } from './bench-context.ts'
import { atMost, type Row, shown } from './row.ts'
import { damageOf, whyVoid, worseP99Ms } from './void-rules.ts'

const P99_MS = 5
const SHARE = 0.85
const STEP = 25
const COARSE = 100
const MOST = 1000
/** A level passes when most of these runs do: one burst of garbage collection decides nothing. */
const TRIES = 3
const MEASURE_MS = 6000
const CALLS_PER_SECOND = 100

type Level = { calls: number; passes: boolean; p99: number[]; reasons: string[] }

/** The most calls on one core with p99 added latency < 5 ms in each direction, against the reference's own number. */
export async function capacityRow(bench: Bench): Promise<Row> {
  const reference = await withSubjects([bench.startReference], (subject) =>
    mostCalls(bench, subject as Subject),
  )
  const needed = Math.ceil(SHARE * reference.calls)
  const bridge = await withSubjects([bench.startBridge], (subject) =>
    mostCalls(bench, subject as Subject, reference.calls),
  )
  const enough = bridge.calls >= needed
  // Where the generator gives up before the reference does, its number is only a lower bound.
  const isVoid =
    reference.calls === 0 || reference.limitedBy !== 'latency' || (!enough && bridge.limitedBy !== 'latency')
  return {
    id: 'capacity',
    what: 'calls on one core with p99 added latency < 5 ms, each direction',
    bar: `≥ ${SHARE} × the reference's own number`,
    measured: `${atLeast(bridge)} / ${atLeast(reference)} calls (${shown(bridge.calls / reference.calls)}×)`,
    verdict: isVoid ? 'void' : enough ? 'held' : 'fell short',
    notes: [...new Set([...reference.reasons, ...bridge.reasons])],
    figures: { reference, bridge },
  }
}

type Most = {
  calls: number
  limitedBy: 'latency' | 'generator' | 'range'
  levels: Level[]
  reasons: string[]
}

const atLeast = (most: Most): string => (most.limitedBy === 'latency' ? '' : '≥ ') + most.calls

async function mostCalls(bench: Bench, subject: Subject, range = MOST): Promise<Most> {
  const levels: Level[] = []
  const reasons: string[] = []
  let passed = 0
  let failed = Number.POSITIVE_INFINITY
  let limitedBy: Most['limitedBy'] = 'range'
  const first = bench.scale.quick ? 20 : COARSE
  const end = bench.scale.quick ? 20 : range
  await runOn(bench, subject, Math.min(50, first), { measureMs: 1000 })
  while (passed < end && failed - passed > STEP) {
    const next = failed === Number.POSITIVE_INFINITY ? passed + first : midway(passed, failed)
    const level = await tryLevel(bench, subject, Math.min(next, end))
    levels.push(level)
    if (level.passes) passed = level.calls
    else {
      failed = level.calls
      limitedBy = level.reasons.length > 0 ? 'generator' : 'latency'
      reasons.push(...level.reasons)
    }
  }
  return { calls: passed, limitedBy, levels, reasons }
}

const midway = (low: number, high: number): number =>
  low + Math.max(STEP, Math.round((high - low) / 2 / STEP) * STEP)

async function tryLevel(bench: Bench, subject: Subject, calls: number): Promise<Level> {
  const needed = Math.ceil(TRIES / 2)
  const p99: number[] = []
  const reasons: string[] = []
  let good = 0
  let bad = 0
  for (let n = 0; good < needed && bad < needed && n < TRIES + 2; n++) {
    const result: LoadResult = await runOn(bench, subject, calls, {
      measureMs: bench.scale.quick ? bench.scale.measureMs : MEASURE_MS,
      callsPerSecond: CALLS_PER_SECOND,
    })
    const passes = worseP99Ms(result) < P99_MS && damageOf(result) === 0
    const why = whyVoid(result)
    // A run that passes in spite of a disturbance has passed; one that fails under it tells nothing.
    if (!passes && why.length > 0) {
      reasons.push(...why)
      continue
    }
    p99.push(worseP99Ms(result))
    if (passes) good++
    else bad++
  }
  const passes = good >= needed
  return { calls, passes, p99, reasons: passes || bad >= needed ? [] : [...new Set(reasons)] }
}

/** Both at every number of calls; then 400 calls on the bridge: nothing lost, and a bar for the latency. */
export async function ladderRows(bench: Bench): Promise<Row[]> {
  return withSubjects([bench.startReference, bench.startBridge], async (reference, bridge) => {
    const steps: { calls: number; reference: LoadResult; bridge: LoadResult }[] = []
    for (const calls of bench.scale.ladder) {
      steps.push({
        calls,
        reference: await runOn(bench, reference as Subject, calls),
        bridge: await runOn(bench, bridge as Subject, calls),
      })
    }
    const top = (steps.at(-1) as (typeof steps)[number]).bridge
    return [beyondRow(bench, top, steps)]
  })
}

function beyondRow(bench: Bench, top: LoadResult, steps: readonly unknown[]): Row {
  const joined = Math.max(1, Math.round(top.appendsPerRead))
  const bar = joined >= 3 ? 60 : 40
  const p99 = worseP99Ms(top)
  const reasons = whyVoid(top)
  const falls = damageOf(top) > 0
  const verdict = falls ? 'fell short' : reasons.length > 0 && !bench.scale.quick ? 'void' : atMost(p99, bar)
  return {
    id: 'beyond',
    what: `${top.calls} calls, ${joined} appends a write`,
    bar: `0 lost, p99 ≤ ${bar} ms`,
    measured: `${damageOf(top)} damaged, p99 ${shown(p99)} ms`,
    verdict,
    notes: reasons,
    figures: { ladder: steps },
  }
}
