#!/usr/bin/env node
// Generates the Prisma client into src/generated, unless neither the schema nor a version has changed since.
// Plain JavaScript: it runs before anything is built.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const schemaFolder = join(root, 'prisma/schema')
const output = join(here, 'src/generated')
const stamp = join(output, '.hash')
const require = createRequire(import.meta.url)

function versionOf(name) {
  return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version
}

function hashOfInputs() {
  const hash = createHash('sha256')
  hash.update(versionOf('prisma')).update(versionOf('@prisma/client'))
  const files = [...readdirSync(schemaFolder).filter((name) => name.endsWith('.prisma'))].sort()
  for (const name of files) hash.update(name).update(readFileSync(join(schemaFolder, name)))
  hash.update(readFileSync(join(root, 'prisma.config.ts')))
  return hash.digest('hex')
}

const wanted = hashOfInputs()
const force = process.argv.includes('--force')
if (!force && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0)

rmSync(stamp, { force: true })
const command = join(dirname(require.resolve('prisma/package.json')), 'build/index.js')
const done = spawnSync(process.execPath, [command, 'generate', '--no-hints'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 120_000,
  env: {
    ...process.env,
    // The command wants a schema engine that generating does not use; any executable keeps it from downloading.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  },
})
if (done.status !== 0) {
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
  process.stderr.write(
    `The Prisma client could not be generated (${done.error?.message ?? `exit ${done.status}`}).\n`,
  )
  process.exit(1)
}
mkdirSync(output, { recursive: true })
writeFileSync(stamp, wanted)
process.stdout.write('Prisma client generated\n')
