#!/usr/bin/env node
// `pnpm check`, before every commit: format, lint, types, import boundaries, unit tests.
import process from 'node:process'
import { checks } from './checks.mjs'
import { prepare } from './prepare.mjs'
import { Sentence } from './steps.mjs'
import { createTotals, runVitest } from './totals.mjs'

const totals = createTotals()
try {
  await prepare({ compile: false })
  for (const check of checks.filter(({ quick }) => quick)) await totals.count(check)
  await runVitest(totals, 'unit tests', ['unit'])
} catch (error) {
  totals.complain(error instanceof Sentence ? error.message : error)
}
process.exitCode = totals.close()
