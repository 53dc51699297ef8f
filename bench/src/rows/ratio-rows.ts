import type { LoadResult } from '../generator/load-types.ts'
import { median } from '../measure/statistics.ts'
import type { Subject } from '../subject/subject.ts'
import { type Bench, runOn, withSubjects } from './bench-context.ts'
import { atMost, atMostOrWarn, type Row, shown } from './row.ts'
import { cpuPerFrameUs, whyReferenceVoid, whyVoid } from './void-rules.ts'

const CPU_BAR = 1.15
const CPU_FAILS = 1.3
const MEMORY_BAR = 1.4
/** Pairs that may be taken again because one half of them was void. */
const SPARE_PAIRS = 4

type Pair = { reference: LoadResult; bridge: LoadResult; ratio: number }

/** CPU per relayed frame, bridge against reference: at each number of calls the median of interleaved pairs. */
export async function cpuRows(bench: Bench): Promise<Row[]> {
  return withSubjects([bench.startReference, bench.startBridge], async (reference, bridge) => {
    // Both are warm before anything counts: what is compared is the code, not its compilation.
    for (const subject of [reference, bridge] as Subject[]) {
      await runOn(bench, subject, Math.min(50, bench.scale.ratioCalls[0] ?? 50))
    }
    const rows: Row[] = []
    for (const calls of bench.scale.ratioCalls) {
      rows.push(await cpuRow(bench, reference as Subject, bridge as Subject, calls))
    }
    return rows
  })
}

async function cpuRow(bench: Bench, reference: Subject, bridge: Subject, calls: number): Promise<Row> {
  const good: Pair[] = []
  const notes = new Set<string>()
  for (let n = 0; good.length < bench.scale.pairs && n < bench.scale.pairs + SPARE_PAIRS; n++) {
    const one = await runOn(bench, reference, calls)
    const other = await runOn(bench, bridge, calls)
    const reasons = [...whyVoid(one), ...whyVoid(other), ...whyReferenceVoid(one)]
    for (const reason of reasons) notes.add(reason)
    if (reasons.length > 0 && !bench.scale.quick) continue
    good.push({ reference: one, bridge: other, ratio: cpuPerFrameUs(other) / cpuPerFrameUs(one) })
  }
  const enough = good.length >= bench.scale.pairs
  const ratio = median(good.map((pair) => pair.ratio))
  const perFrame = (of: 'reference' | 'bridge') => median(good.map((pair) => cpuPerFrameUs(pair[of])))
  return {
    id: `cpu-${calls}`,
    what: `bridge CPU per relayed frame against the reference, ${calls} calls`,
    bar: `≤ ${CPU_BAR}× (> ${CPU_FAILS}× fails)`,
    measured: `${shown(ratio, 3)}× (${shown(perFrame('bridge'), 1)} / ${shown(perFrame('reference'), 1)} µs)`,
    verdict: enough ? atMostOrWarn(ratio, CPU_BAR, CPU_FAILS) : 'void',
    notes: enough ? [] : [...notes],
    figures: {
      pairs: good.map((pair) => ({
        ratio: pair.ratio,
        referenceUs: cpuPerFrameUs(pair.reference),
        bridgeUs: cpuPerFrameUs(pair.bridge),
      })),
    },
  }
}

/** Memory of one live call: what the resident memory grows by from few calls to many, in a fresh process. */
export async function memoryRow(bench: Bench): Promise<Row> {
  const few = bench.scale.quick ? 2 : 10
  const many = bench.scale.quick ? 12 : 200
  const perCallKib = async (start: () => Promise<Subject>) =>
    withSubjects([start], async (subject) => {
      const before = await runOn(bench, subject as Subject, few)
      const after = await runOn(bench, subject as Subject, many)
      const kib = (after.residentKib.median - before.residentKib.median) / (many - few)
      return { kib, before, after, reasons: [...whyVoid(before), ...whyVoid(after)] }
    })
  const rounds = bench.scale.quick ? 1 : 3
  const pairs: { reference: number; bridge: number; ratio: number }[] = []
  const notes: string[] = []
  for (let n = 0; n < rounds; n++) {
    const reference = await perCallKib(bench.startReference)
    const bridge = await perCallKib(bench.startBridge)
    notes.push(...reference.reasons, ...bridge.reasons)
    pairs.push({ reference: reference.kib, bridge: bridge.kib, ratio: bridge.kib / reference.kib })
  }
  const ratio = median(pairs.map((pair) => pair.ratio))
  return {
    id: 'memory',
    what: `memory per live call at ${many} calls`,
    bar: `≤ ${MEMORY_BAR}× the reference`,
    measured: `${shown(ratio)}× (${shown(median(pairs.map((p) => p.bridge)), 0)} / ${shown(median(pairs.map((p) => p.reference)), 0)} KiB)`,
    verdict: notes.length > 0 && !bench.scale.quick ? 'void' : atMost(ratio, MEMORY_BAR),
    notes: [...new Set(notes)],
    figures: { pairs },
  }
}
