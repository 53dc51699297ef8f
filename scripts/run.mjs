#!/usr/bin/env node
// `node scripts/run.mjs <compiled file> …arguments`: compiles what has changed, then runs it as this very process
// would have been: same terminal, same Ctrl-C, same exit code.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { prepare, root } from './prepare.mjs'
import { Sentence } from './steps.mjs'

const [file, ...args] = process.argv.slice(2)
const path = join(root, file ?? '')
try {
  await prepare({ quiet: true })
  if (!file || !existsSync(path)) throw new Sentence(`There is no ${file ?? 'file to run'}.`)
} catch (error) {
  process.stderr.write(`${error instanceof Sentence ? error.message : (error.stack ?? error)}\n`)
  process.exit(1)
}
process.argv = [process.execPath, path, ...args]
process.setSourceMapsEnabled(true)
await import(pathToFileURL(path).href)
