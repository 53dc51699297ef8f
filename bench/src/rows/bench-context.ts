import type { Generator } from '../generator/generator-process.ts'
import type { LoadResult, LoadSpec, Rhythm } from '../generator/load-types.ts'
import { subjectCore } from '../process/pinned-child.ts'
import type { Subject } from '../subject/subject.ts'

/** How a conversation goes in the bench: the caller speaks for 2 s, the assistant for 4, in turn. */
export const TALK: Rhythm = {
  thinkMs: 150,
  callerMs: 2000,
  replyMs: 4000,
  greetingMs: 2000,
  pace: 2,
  pauseMs: 500,
  bargeInAfterMs: null,
}

/** Lengths and sizes of a whole bench, or of a quick one that only proves that everything works. */
export type Scale = {
  quick: boolean
  pairs: number
  ratioCalls: readonly number[]
  ladder: readonly number[]
  settleMs: number
  measureMs: number
  callsPerSecond: number
}

export const FULL: Scale = {
  quick: false,
  pairs: 5,
  ratioCalls: [100, 200],
  ladder: [10, 50, 100, 200, 250, 400],
  settleMs: 3000,
  measureMs: 10_000,
  callsPerSecond: 50,
}

export const QUICK: Scale = {
  quick: true,
  pairs: 1,
  ratioCalls: [10],
  ladder: [5, 20],
  settleMs: 500,
  measureMs: 1500,
  callsPerSecond: 50,
}

/** What the rows are measured with. */
export type Bench = {
  readonly scale: Scale
  readonly generator: Generator
  startReference(): Promise<Subject>
  startBridge(): Promise<Subject>
  log(line: string): void
  /** Every run of the bridge so far: the row about lost frames looks at all of them. */
  readonly bridgeRuns: LoadResult[]
  /** Every run of the reference at 100 calls: one out of shape makes void what is held against it. */
  readonly referenceRuns: LoadResult[]
}

/** One load on one subject, with fresh calls. */
export async function runOn(
  bench: Bench,
  subject: Subject,
  count: number,
  changes: Partial<LoadSpec> = {},
): Promise<LoadResult> {
  const result = await bench.generator.run({
    calls: await subject.calls(count),
    callsPerSecond: bench.scale.callsPerSecond,
    rhythm: TALK,
    asksForGreeting: subject.asksForGreeting,
    settleMs: bench.scale.settleMs,
    measureMs: bench.scale.measureMs,
    subjectPid: subject.pid,
    subjectCore,
    seed: 20_261_121,
    ...changes,
  })
  ;(subject.name === 'bridge' ? bench.bridgeRuns : bench.referenceRuns).push(result)
  bench.log(lineOf(subject.name, result))
  return result
}

const ms = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(2))

/** One run in one line, for whoever watches. */
function lineOf(name: string, result: LoadResult): string {
  const faults = Object.entries(result.faults).map(([what, count]) => `${what} ×${count}`)
  return [
    `${name.padEnd(9)} ${String(result.calls).padStart(3)} calls`,
    `cpu ${((result.subjectCpuMs / result.measuredMs) * 100).toFixed(1)} %`,
    `${((result.subjectCpuMs * 1000) / result.relayed).toFixed(1)} µs/frame`,
    `in p50 ${ms(result.toModelMs.p50)} p99 ${ms(result.toModelMs.p99)} ms`,
    `out p50 ${ms(result.toCallerMs.p50)} p99 ${ms(result.toCallerMs.p99)} ms`,
    `generator ${Math.round(result.generatorCpu * 100)} %`,
    `others ${Math.round(result.othersOnCore * 100)} %`,
    ...(faults.length > 0 ? [faults.join(', ')] : []),
  ].join('  ')
}

/** Starts what a row needs, and ends it whatever happens. */
export async function withSubjects<T>(
  starts: readonly (() => Promise<Subject>)[],
  use: (...subjects: Subject[]) => Promise<T>,
): Promise<T> {
  const subjects: Subject[] = []
  try {
    for (const start of starts) subjects.push(await start())
    return await use(...subjects)
  } finally {
    for (const subject of subjects) await subject.stop()
  }
}
