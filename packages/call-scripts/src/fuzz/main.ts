import { parseArgs } from 'node:util'
import type { KindReport } from './kind.ts'
import { kinds } from './kinds.ts'

/** `pnpm fuzz -- [--seed n] [--count n] [--kinds name,…]`: a line for each kind; exit 1 when one of them failed. */

const USAGE = `pnpm fuzz -- [--seed n] [--count n] [--kinds "${kinds.map(({ name }) => name).join(',')}"]`
const DEFAULT_COUNT = 20_000
const LIMIT_MINUTES = 30

function readOptions(): { seed: number; count: number; wanted: readonly string[] } {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: { seed: { type: 'string' }, count: { type: 'string' }, kinds: { type: 'string' } },
  })
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
  const count = values.count === undefined ? DEFAULT_COUNT : Number(values.count)
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count) || count < 1) {
    throw new Error('--seed and --count have to be whole numbers')
  }
  const wanted = values.kinds?.split(',').map((name) => name.trim()) ?? kinds.map(({ name }) => name)
  const unknown = wanted.filter((name) => !kinds.some((kind) => kind.name === name))
  if (unknown.length > 0) throw new Error(`unknown kinds: ${unknown.join(', ')}`)
  return { seed, count, wanted }
}

/** One kind in one line, then what is wrong. */
function tell(report: KindReport): void {
  const answers = Object.entries(report.answers)
    .toSorted(([, a], [, b]) => b - a)
    .map(([what, count]) => `${what} ${count}`)
  const growth = report.growth.map(
    ({ process: name, heapKib }) => `${name} heap ${heapKib > 0 ? '+' : ''}${heapKib} KiB`,
  )
  const verdict = report.failures.length === 0 ? 'clean' : `${report.failures.length} FAILED`
  const parts = [report.kind, `${report.mutants} mutants`, `${(report.ms / 1000).toFixed(1)} s`, verdict]
  process.stdout.write(`${[...parts, ...growth, answers.join(', ')].join(' · ')}\n`)
  for (const failure of report.failures) process.stdout.write(`  ${failure}\n`)
}

let options: ReturnType<typeof readOptions>
try {
  options = readOptions()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\nUsage: ${USAGE}\n`)
  process.exit(2)
}
setTimeout(() => {
  process.stderr.write(`The fuzz did not end within ${LIMIT_MINUTES} minutes.\n`)
  process.exit(1)
}, LIMIT_MINUTES * 60_000).unref()

process.stdout.write(`seed ${options.seed}\n`)
let failed = false
for (const kind of kinds.filter(({ name }) => options.wanted.includes(name))) {
  try {
    const report = await kind.run({ ...options, log: (line) => process.stdout.write(`${line}\n`) })
    failed ||= report.failures.length > 0
    tell(report)
  } catch (error) {
    failed = true
    process.stdout.write(`${kind.name} · could not be run: ${(error as Error).stack ?? error}\n`)
  }
}
process.exitCode = failed ? 1 : 0
