// Brings a fresh clone to the point where its own code can run: packages, generated files, compiled code.
// Each part is skipped when nothing it depends on has changed.
import { createHash } from 'node:crypto'
// The default import: an old Node that lacks one of its functions still gets as far as being told so.
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { run, Sentence, step, tail } from './steps.mjs'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

const NODE_FLOOR = [20, 19]
const ROOM_NEEDED = 1.5 * 1024 ** 3
const stamp = join(root, 'node_modules', '.toritsugi-installed')

/** npm's own chatter, off: what is shown to the newcomer is ours. */
const quietNpm = {
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  npm_config_yes: 'true',
  NO_UPDATE_NOTIFIER: '1',
}

/**
 * @param {{ compile?: boolean, quiet?: boolean }} options `compile: false` leaves that to the caller; `quiet` is for
 *   commands that have an output of their own
 */
export async function prepare({ compile = true, quiet = false } = {}) {
  requireNode()
  const doing = quiet ? (_title, work) => work() : step
  const { packageManager } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8'))
  const wanted = hashOfPackages()
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
    await doing(`installing the packages with ${packageManager}`, () => install(packageManager, wanted))
  }
  await doing('generating the database client', () => execute('packages/db/generate.mjs', []))
  if (compile) await doing('compiling', () => execute('node_modules/typescript/bin/tsc', ['-b']))
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return
  throw new Sentence(
    `This is Node ${process.versions.node}; Toritsugi needs Node ${NODE_FLOOR.join('.')} or newer (24 is best).`,
  )
}

/** Whatever decides what `node_modules` has to hold. */
function hashOfPackages() {
  const hash = createHash('sha256')
    .update(process.versions.modules)
    .update(process.platform)
    .update(process.arch)
  const folders = ['.', 'bench', ...children('packages'), ...children('services')]
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...folders.map((folder) => join(folder, 'package.json')),
  ]
  for (const file of files) {
    if (fs.existsSync(join(root, file))) hash.update(file).update(fs.readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function children(folder) {
  return fs
    .readdirSync(join(root, folder))
    .sort()
    .map((name) => join(folder, name))
}

async function install(pnpm, wanted) {
  requireRoom()
  fs.rmSync(stamp, { force: true })
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']
  const { code, output } = await run('npx', args, { cwd: root, env: { ...quietNpm, CI: 'true' } })
  if (code !== 0) throw new Sentence(explainInstall(output))
  fs.writeFileSync(stamp, wanted)
}

function requireRoom() {
  const { bavail, bsize } = fs.statfsSync(root)
  if (bavail * bsize >= ROOM_NEEDED) return
  const free = ((bavail * bsize) / 1024 ** 3).toFixed(1)
  throw new Sentence(`The disk has ${free} GB left; the packages and their servers need 1.5 GB.`)
}

function explainInstall(output) {
  if (/ENOSPC|no space left/i.test(output)) return 'The packages could not be installed: the disk is full.'
  if (/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET/.test(output)) {
    return `The packages could not be installed: the npm registry cannot be reached.\n${tail(output, 8)}`
  }
  if (/EACCES|EPERM/.test(output)) {
    return `The packages could not be installed: no permission to write here.\n${tail(output, 8)}`
  }
  return `The packages could not be installed:\n${tail(output, 30)}`
}

async function execute(script, args) {
  const { code, output } = await run(process.execPath, [join(root, script), ...args], { cwd: root })
  if (code !== 0) throw new Sentence(`${script} failed:\n${tail(output)}`)
}
