import type { RowGroup } from '../options.ts'
import { keepOn } from '../process/pinned-child.ts'
import { admissionRow } from './admission-row.ts'
import { answerRow } from './answer-row.ts'
import type { Bench } from './bench-context.ts'
import { clearRow, integrityRow, turnRows } from './call-rows.ts'
import { capacityRow, ladderRows } from './capacity-rows.ts'
import { cpuRows, memoryRow } from './ratio-rows.ts'
import type { Row } from './row.ts'
import { whyReferenceVoid } from './void-rules.ts'
import { webhookRows } from './webhook-rows.ts'

const measures: Partial<Record<RowGroup, (bench: Bench) => Promise<Row[]>>> = {
  cpu: cpuRows,
  ladder: ladderRows,
  capacity: async (bench) => [await capacityRow(bench)],
  memory: async (bench) => [await memoryRow(bench)],
  clear: async (bench) => [await clearRow(bench)],
  turn: turnRows,
  answer: async (bench) => [await answerRow(bench)],
  admission: async (bench) => [await admissionRow(bench)],
}

/** Here nothing is compared, and no core is the subject's own: the whole stack has the whole machine. */
const WHOLE_MACHINE: ReadonlySet<RowGroup> = new Set(['answer', 'webhook', 'event'])

/** Measures the groups one after another; one that breaks is void, and the others go on. */
export async function measureRows(bench: Bench, groups: readonly RowGroup[]): Promise<Row[]> {
  const rows: Row[] = []
  const stackRows = new Set(groups.filter((group) => group === 'webhook' || group === 'event'))
  for (const group of groups) {
    // The last two come from one run, and all runs are looked at in the end.
    if (group === 'integrity' || (group === 'event' && stackRows.size === 2)) continue
    const measure = measures[group] ?? ((of: Bench) => webhookRows(of, stackRows))
    bench.log(`\n── ${group}`)
    try {
      await keepOn(WHOLE_MACHINE.has(group) ? 'any' : 'rest', process.pid)
      rows.push(...(await measure(bench)))
    } catch (error) {
      rows.push({
        id: group,
        what: group,
        bar: '',
        measured: 'not measured',
        verdict: 'void',
        notes: [error instanceof Error ? error.message : String(error)],
        figures: {},
      })
    }
  }
  if (groups.includes('integrity')) rows.push(integrityRow(bench))
  return rows.map((row) => (RELATIVE.has(row.id) ? heldAgainst(bench, row) : row))
}

/** Rows that hold the bridge against the reference, besides `cpu-…`, which looks at each of its own pairs. */
const RELATIVE = new Set(['capacity', 'memory'])

/** The reference has to be in shape at 100 calls in most of its runs; otherwise nothing is held against it. */
function heldAgainst(bench: Bench, row: Row): Row {
  const at100 = bench.referenceRuns.filter((run) => run.calls === 100)
  const bad = at100.filter((run) => whyReferenceVoid(run).length > 0)
  if (bad.length * 2 <= at100.length) return row
  return { ...row, verdict: 'void', notes: [...row.notes, ...bad.flatMap(whyReferenceVoid)] }
}
