import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { startChild } from '../process/child.ts'
import { commandLineOf, isAlive } from '../process/pid.ts'
import { explainError, StackFault } from '../process/stack-fault.ts'
import type { PostgresBinaries } from './binaries.ts'
import { explainPostgres } from './explain.ts'

const MAJOR = '18'
const PASSWORD_FILE = 'toritsugi-password'

/** Environment of Postgres' programs: nothing of the user's own (PGDATA, PGPORT…), messages in English. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' }
}

/**
 * Makes sure that `dataDir` is a whole database cluster of ours, creating it when there is none. It is made under
 * another name and renamed at the end, so that a start which was cut short leaves nothing that looks like data.
 * Returns the superuser's password, which lives with the data.
 */
export async function ensureCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  log: (line: string) => void,
): Promise<string> {
  removeUnfinished(dataDir)
  if (existsSync(dataDir) && !existsSync(join(dataDir, 'global', 'pg_control'))) setAside(dataDir, log)
  if (!existsSync(dataDir)) await createCluster(dataDir, binaries, log)
  const version = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim()
  if (version !== MAJOR) {
    throw new StackFault(
      `${dataDir} holds data of Postgres ${version}, this is Postgres ${MAJOR}: move the folder away and start again.`,
    )
  }
  removeStalePidFile(dataDir, log)
  try {
    return readFileSync(join(dataDir, PASSWORD_FILE), 'utf8').trim()
  } catch (error) {
    throw explainError('Reading the password of the local database', error)
  }
}

async function createCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  log: (line: string) => void,
): Promise<void> {
  const fresh = `${dataDir}.new-${process.pid}`
  const password = randomBytes(18).toString('hex')
  try {
    mkdirSync(fresh, { recursive: true, mode: 0o700 })
    const passwordFile = `${fresh}.password`
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (binaries.uid !== undefined && binaries.gid !== undefined) {
      chownSync(fresh, binaries.uid, binaries.gid)
      chownSync(passwordFile, binaries.uid, binaries.gid)
    }
    const child = await startChild({
      name: 'initdb',
      command: join(binaries.bin, 'initdb'),
      args: [
        ...['-D', fresh, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'],
        ...[
          '--locale-provider=builtin',
          '--locale=C.UTF-8',
          '--lc-messages=C',
          '--no-sync',
          '--no-instructions',
        ],
      ],
      env: postgresEnvironment(),
      cwd: fresh,
      uid: binaries.uid,
      gid: binaries.gid,
      log,
    })
    const exit = await child.exited
    if (exit.code !== 0) throw explainPostgres('Creating the local database', child.lastLines(), exit)
    renameSync(passwordFile, join(fresh, PASSWORD_FILE))
    chmodSync(join(fresh, PASSWORD_FILE), 0o600)
    renameSync(fresh, dataDir)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(`${fresh}.password`, { force: true })
    throw explainError('Creating the local database', error)
  }
}

/** What an earlier, cut-short creation left; one that is still at work keeps its folder. */
function removeUnfinished(dataDir: string): void {
  const folder = dirname(dataDir)
  if (!existsSync(folder)) return
  const prefix = `${basename(dataDir)}.new-`
  for (const entry of readdirSync(folder)) {
    if (!entry.startsWith(prefix)) continue
    const pid = Number.parseInt(entry.slice(prefix.length), 10)
    if (pid !== process.pid && isAlive(pid)) continue
    rmSync(join(folder, entry), { recursive: true, force: true })
  }
}

/** A folder that is no whole cluster is kept under another name: it may be somebody's only copy of something. */
function setAside(dataDir: string, log: (line: string) => void): void {
  if (readdirSync(dataDir).length === 0) {
    rmSync(dataDir, { recursive: true })
    return
  }
  const aside = `${dataDir}.broken-${Date.now()}`
  renameSync(dataDir, aside)
  log(`${dataDir} was not a whole database: kept as ${basename(aside)}, a new one is made`)
}

/**
 * After kill -9 the file stays. Postgres looks only whether its process number is in use by the same user, not by
 * whom; so does nobody else know, and a start would be refused for a stranger's sake.
 */
function removeStalePidFile(dataDir: string, log: (line: string) => void): void {
  const file = join(dataDir, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const runs = isAlive(pid) ? commandLineOf(pid) : undefined
  if (runs && /postgres/.test(runs) && runs.includes(dataDir)) {
    throw new StackFault(`Another Postgres (process ${pid}) already uses ${dataDir}: stop it first.`)
  }
  rmSync(file, { force: true })
  log(`removed the lock of a Postgres that is gone (process ${pid})`)
}
