// The checks that are not tests: each is one line with its time, and its output only when it fails.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { root } from './prepare.mjs'
import { run, Sentence, tail } from './steps.mjs'

/** Runs a program of node_modules or of ours with Node; throws its last lines when it fails. */
async function node(script, args, env) {
  const { code, output } = await run(process.execPath, [join(root, script), ...args], { cwd: root, env })
  if (code !== 0) throw new Sentence(tail(output, 120))
  return output
}

const biome = 'node_modules/@biomejs/biome/bin/biome'

/** Every check, in the order of how fast it tells. The quick ones run before every commit. */
export const checks = [
  { title: 'format', quick: true, run: () => silently(node(biome, ['format', '--max-diagnostics=30'])) },
  {
    title: 'lint',
    quick: true,
    run: () => silently(node(biome, ['lint', '--max-diagnostics=30', '--error-on-warnings'])),
  },
  { title: 'types', quick: true, run: () => silently(node('node_modules/typescript/bin/tsc', ['-b'])) },
  { title: 'import boundaries', quick: true, run: importBoundaries },
  { title: 'generated files', run: generatedFiles },
  {
    title: 'schema and migrations agree',
    run: () => silently(node('packages/local-stack/dist/database-main.js', ['check'])),
  },
]

async function silently(work) {
  await work
}

async function importBoundaries() {
  const output = await node('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', [
    ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long'],
    ...['packages', 'services', 'bench', 'scripts'],
  ])
  const [, modules] = /\((\d+) modules/.exec(output) ?? []
  if (!Number(modules)) throw new Sentence('    no module was looked at')
  return `${modules} modules`
}

/** Files that are made from the sources and committed all the same, because people read them. */
const generated = [
  {
    command: ['packages/contracts/dist/documents/generate.js'],
    files: ['packages/contracts/generated/openapi.json', 'packages/contracts/generated/asyncapi.json'],
  },
  { command: ['scripts/write-env-example.mjs'], files: ['.env.example'] },
]

/** Writes every generated document anew. */
export async function writeGenerated() {
  for (const { command } of generated) await node(command[0], command.slice(1))
}

/** What is committed must be what the sources make; else the new ones are left to be looked at. */
async function generatedFiles() {
  const files = generated.flatMap((entry) => entry.files)
  const before = files.map(textOf)
  await writeGenerated()
  const changed = files.filter((file, i) => textOf(file) !== before[i])
  if (changed.length > 0)
    throw new Sentence(`    not what the sources make (now written anew): ${changed.join(', ')}`)
  return `${files.length} files`
}

function textOf(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return undefined
  }
}
