#!/usr/bin/env node
// `npm start`: prepares the checkout when needed, then hands over to the local stack.
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { prepare, root } from './prepare.mjs'
import { Sentence } from './steps.mjs'

try {
  process.stdout.write('Toritsugi\n')
  await prepare()
} catch (error) {
  process.stderr.write(`\n${error instanceof Sentence ? error.message : (error.stack ?? error)}\n`)
  process.exit(1)
}
process.setSourceMapsEnabled(true)
await import(pathToFileURL(join(root, 'packages/local-stack/dist/main.js')).href)
