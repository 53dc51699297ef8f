#!/usr/bin/env node
// `pnpm build`: packages, generated files, compiled code.
import process from 'node:process'
import { prepare } from './prepare.mjs'
import { Sentence } from './steps.mjs'

try {
  await prepare()
} catch (error) {
  process.stderr.write(`\n${error instanceof Sentence ? error.message : (error.stack ?? error)}\n`)
  process.exitCode = 1
}
