// Counts checks and tests, and ends with the line that says how many of them passed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { root } from './prepare.mjs'
import { run, Sentence, step } from './steps.mjs'

const reports = join(root, '.toritsugi', 'test-results')

export function createTotals() {
  let passed = 0
  let failed = 0
  return {
    add(more) {
      passed += more.passed
      failed += more.failed
    },
    complain(what) {
      failed++
      console.log(what)
    },
    /** Runs a check and counts it; one that fails does not end the run. */
    async count({ title, run: work }) {
      try {
        await step(title, work)
        passed++
      } catch (error) {
        this.complain(error instanceof Sentence ? error.message : error)
      }
    },
    /** Says the totals, and returns the exit code. */
    close() {
      console.log(`\n${passed} passed, ${failed} failed`)
      return failed === 0 ? 0 : 1
    },
  }
}

/** Runs test projects, their progress shown as it comes, and adds up what the runner's own report says. */
export async function runVitest(totals, title, projects) {
  console.log(`\n  ${title}`)
  mkdirSync(reports, { recursive: true })
  const report = join(reports, `${projects.join('-')}.json`)
  rmSync(report, { force: true })
  const { code } = await run(
    process.execPath,
    [
      ...[join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json'],
      ...[`--outputFile.json=${report}`, ...projects.map((name) => `--project=${name}`)],
    ],
    { cwd: root, show: (text) => process.stdout.write(text), env: colours() },
  )
  const { complaints, ...counted } = readReport(report, code)
  totals.add(counted)
  for (const complaint of complaints) console.log(`  ✗ ${complaint}`)
}

function colours() {
  return process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
}

/** What the runner reports; a run that failed in any other way than by a test counts as one failure. */
function readReport(report, code) {
  let json
  try {
    json = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, complaints: ['the test runner ended without a report'] }
  }
  const complaints = []
  for (const file of json.testResults) {
    if (file.status !== 'failed' || file.assertionResults.some(({ status }) => status === 'failed')) continue
    complaints.push(`${relative(root, file.name)}: ${file.message || 'could not be run'}`)
  }
  const skipped = json.numPendingTests + (json.numTodoTests ?? 0)
  if (skipped > 0) complaints.push(`${skipped} tests were skipped: a test runs, or it goes`)
  if (json.numTotalTests === 0) complaints.push('no test was run')
  const failed = json.numFailedTests + complaints.length
  if (code === 0 || failed > 0) return { passed: json.numPassedTests, failed, complaints }
  return {
    passed: json.numPassedTests,
    failed: 1,
    complaints: [`the test runner ended with code ${code}: see above`],
  }
}
