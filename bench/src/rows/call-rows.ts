import type { LoadResult } from '../generator/load-types.ts'
import type { Subject } from '../subject/subject.ts'
import { type Bench, runOn, TALK, withSubjects } from './bench-context.ts'
import { atMost, type Row, shown, worst } from './row.ts'
import { damageOf, whyVoid } from './void-rules.ts'

const voidOr = (bench: Bench, reasons: readonly string[], verdict: Row['verdict']): Row['verdict'] =>
  reasons.length > 0 && !bench.scale.quick ? 'void' : verdict

/** `speech_started` in → `clear` out, while every reply of 100 calls is cut off. */
export async function clearRow(bench: Bench): Promise<Row> {
  const calls = bench.scale.quick ? 10 : 100
  const result = await withSubjects([bench.startBridge], async (bridge) => {
    await runOn(bench, bridge as Subject, Math.min(50, calls))
    return runOn(bench, bridge as Subject, calls, {
      rhythm: { ...TALK, bargeInAfterMs: 1200, callerMs: 1200 },
      measureMs: bench.scale.quick ? 5000 : 20_000,
    })
  })
  const { p50, p99, count } = result.clearMs
  const missing = result.clearsMissing > 0 || count === 0
  return {
    id: 'clear',
    what: `speech_started in → clear out, ${calls} calls`,
    bar: 'p50 ≤ 0.7 ms, p99 ≤ 4 ms',
    measured: `p50 ${shown(p50)} ms, p99 ${shown(p99)} ms (${count}, ${result.clearsMissing} missing)`,
    verdict: missing
      ? 'fell short'
      : voidOr(bench, whyVoid(result), worst([atMost(p50, 0.7), atMost(p99, 4)])),
    notes: whyVoid(result),
    figures: { clearMs: result.clearMs, missing: result.clearsMissing },
  }
}

/** What the bridge adds to a turn and to the greeting; the model's own time taken off. */
export async function turnRows(bench: Bench): Promise<Row[]> {
  const calls = bench.scale.quick ? 10 : 100
  // The calls come slowly: the pool has a warm socket for each, as on an ordinary day.
  const result = await withSubjects([bench.startBridge], async (bridge) => {
    await runOn(bench, bridge as Subject, 10, { callsPerSecond: 5 })
    return runOn(bench, bridge as Subject, calls, {
      callsPerSecond: bench.scale.quick ? 10 : 5,
      measureMs: bench.scale.quick ? 9000 : 30_000,
    })
  })
  return [shareRow(bench, result), greetingRow(bench, result)]
}

function shareRow(bench: Bench, result: LoadResult): Row {
  const { p50, p95, count } = result.shareMs
  return {
    id: 'share',
    what: 'our share of a turn: speech_stopped received → first audio out, less the model’s own time',
    bar: 'p95 ≤ 50 ms',
    measured: `p50 ${shown(p50)} ms, p95 ${shown(p95)} ms (${count} turns)`,
    verdict: voidOr(bench, whyVoid(result), atMost(p95, 50)),
    notes: whyVoid(result),
    figures: { shareMs: result.shareMs },
  }
}

function greetingRow(bench: Bench, result: LoadResult): Row {
  const { p50, p95, count } = result.greetingMs
  const cold = result.coldGreetings
  const missing = result.greetingsMissing
  const notes = [
    ...(cold > 0 ? [`${cold} calls found no warm socket and do not count`] : []),
    ...(missing > 0 ? [`${missing} calls were not greeted`] : []),
  ]
  const verdict = missing > 0 ? 'fell short' : cold > count ? 'void' : atMost(p95, 150)
  return {
    id: 'greeting',
    what: 'stream start → first audio of the greeting out, warm socket, less the model’s own time',
    bar: 'p95 ≤ 150 ms',
    measured: `p50 ${shown(p50)} ms, p95 ${shown(p95)} ms (${count} calls)`,
    verdict: verdict === 'held' ? voidOr(bench, whyVoid(result), verdict) : verdict,
    notes: [...notes, ...whyVoid(result)],
    figures: { greetingMs: result.greetingMs, cold, missing },
  }
}

/** Frames lost, reordered or altered in all runs of the bridge, from the first one on. */
export function integrityRow(bench: Bench): Row {
  const runs = bench.bridgeRuns
  const sum = (of: (result: LoadResult) => number) => runs.reduce((total, run) => total + of(run), 0)
  const damaged = sum(damageOf)
  const frames = sum((run) => run.toModel.sent + run.toCaller.sent)
  const faults: Record<string, number> = {}
  for (const run of runs) {
    for (const [what, count] of Object.entries(run.faults)) faults[what] = (faults[what] ?? 0) + count
  }
  const faulty = Object.keys(faults).length > 0
  return {
    id: 'integrity',
    what: 'frames lost, reordered or altered, from the first one on',
    bar: '0',
    measured: `${damaged} of ${frames} in ${runs.length} runs`,
    verdict: runs.length === 0 ? 'void' : damaged === 0 && !faulty ? 'held' : 'fell short',
    notes: Object.entries(faults).map(([what, count]) => `${what} ×${count}`),
    figures: {
      lost: sum((run) => run.toModel.lost + run.toCaller.lost),
      reordered: sum((run) => run.toModel.reordered + run.toCaller.reordered),
      duplicated: sum((run) => run.toModel.duplicated + run.toCaller.duplicated),
      altered: sum((run) => run.toModel.altered + run.toCaller.altered),
      silenceFilledMs: sum((run) => run.toModel.filledMs),
      faults,
    },
  }
}
