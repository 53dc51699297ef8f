#!/usr/bin/env node
// `npm test`: everything, from a bare checkout. Ends with one line of totals, `N passed, N failed`: each test and
// each check counts as one.
import process from 'node:process'
import { checks } from './checks.mjs'
import { prepare } from './prepare.mjs'
import { Sentence } from './steps.mjs'
import { createTotals, runVitest } from './totals.mjs'

const totals = createTotals()
try {
  await prepare({ compile: false })
  for (const check of checks) await totals.count(check)
  await runVitest(totals, 'unit and integration tests', ['unit', 'integration'])
  // Whole calls are told in real time: they run alone.
  await runVitest(totals, 'whole calls', ['calls'])
} catch (error) {
  totals.complain(error instanceof Sentence ? error.message : error)
}
process.exitCode = totals.close()
