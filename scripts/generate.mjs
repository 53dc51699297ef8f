#!/usr/bin/env node
// `pnpm generate`: everything that is made from other files, the committed ones included.
import process from 'node:process'
import { writeGenerated } from './checks.mjs'
import { prepare } from './prepare.mjs'
import { Sentence, step } from './steps.mjs'

try {
  await prepare()
  await step('writing the generated documents', writeGenerated)
} catch (error) {
  process.stderr.write(`\n${error instanceof Sentence ? error.message : (error.stack ?? error)}\n`)
  process.exitCode = 1
}
