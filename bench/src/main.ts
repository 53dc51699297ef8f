import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startGenerator } from './generator/generator-process.ts'
import { type Options, readOptions } from './options.ts'
import { resultsOf, tableOf } from './report.ts'
import { type Bench, FULL, QUICK } from './rows/bench-context.ts'
import type { Row } from './rows/row.ts'
import { measureRows } from './rows/rows.ts'
import { startBridge } from './subject/bridge-subject.ts'
import { startReference } from './subject/reference-subject.ts'

/** Everything ends by then, whatever hangs. */
const LIMIT_MINUTES = { quick: 5, full: 75 }

const RESULTS = fileURLToPath(new URL('../results.json', import.meta.url))

let options: Options
try {
  options = readOptions(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(2)
}

const startedAt = new Date()
const minutes = LIMIT_MINUTES[options.quick ? 'quick' : 'full']
setTimeout(() => {
  process.stderr.write(`The bench did not end within ${minutes} minutes.\n`)
  process.exit(1)
}, minutes * 60_000).unref()

const generator = await startGenerator()
const nodeArgs = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]
const bench: Bench = {
  scale: options.quick ? QUICK : FULL,
  generator,
  startReference: () => startReference(generator.modelUrl, nodeArgs),
  startBridge: () => startBridge(generator.modelUrl, nodeArgs),
  log: (line) => process.stdout.write(`${line}\n`),
  bridgeRuns: [],
  referenceRuns: [],
}
let rows: Row[]
try {
  rows = await measureRows(bench, options.rows)
} finally {
  await generator.stop()
}
process.stdout.write(`\n${tableOf(rows)}\n`)
// A quick run proves the harness; its figures are nobody's figures.
const out = options.out ?? (options.quick ? undefined : RESULTS)
if (out !== undefined) {
  writeFileSync(out, `${JSON.stringify(resultsOf(rows, options.quick, startedAt), null, 2)}\n`)
  process.stdout.write(`\nWritten to ${out}\n`)
}
process.exitCode = rows.some((row) => row.verdict === 'fell short') ? 1 : 0
