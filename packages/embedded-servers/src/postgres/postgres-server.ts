import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Child, type ChildExit, startChild } from '../process/child.ts'
import { freePort, requirePort } from '../process/port.ts'
import { explainError, StackFault } from '../process/stack-fault.ts'
import { canEnter, findPostgres, unprivilegedUser } from './binaries.ts'
import { ensureCluster, postgresEnvironment } from './cluster.ts'
import { explainPostgres } from './explain.ts'

export type PostgresOptions = {
  /** Where the data lives. Root's checkouts which `nobody` cannot enter keep it under /var/lib/toritsugi instead. */
  dataDir: string
  /** 0 takes any free port. */
  port: number
  log?: (line: string) => void
  /** false trades safety against power loss for speed: for tests only. */
  durable?: boolean
}

export type PostgresServer = {
  /** `postgres://postgres:…@127.0.0.1:<port>/postgres`: the superuser. */
  url: string
  port: number
  pid: number
  dataDir: string
  exited: Promise<ChildExit>
  /** Fast shutdown: open transactions are rolled back. Resolves when the server has ended. */
  stop(): Promise<void>
  /** As a power cut: for outage tests. */
  kill(): Promise<void>
}

const READY = /database system is ready to accept connections/
const START_DEADLINE_MS = 60_000

/** Starts the real Postgres on loopback. Rejects with a StackFault: one sentence that says what is in the way. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const log = options.log ?? (() => {})
  if (options.port !== 0) await requirePort(options.port, 'Postgres')
  const dataDir = placeFor(resolve(options.dataDir), log)
  const binaries = findPostgres(dirname(dataDir))
  const password = await ensureCluster(dataDir, binaries, log)
  for (let attempt = 1; ; attempt++) {
    const port = options.port === 0 ? await freePort() : options.port
    const child = await startChild({
      name: 'Postgres',
      command: join(binaries.bin, 'postgres'),
      args: ['-D', dataDir, ...settings(port, options.durable ?? true)],
      env: postgresEnvironment(),
      cwd: dataDir,
      uid: binaries.uid,
      gid: binaries.gid,
      log,
    })
    try {
      await child.waitForLine(READY, START_DEADLINE_MS)
      return serverOf(child, port, dataDir, password)
    } catch (error) {
      const exit = await child.stop('SIGQUIT', 2_000)
      const lines = child.lastLines().join('\n')
      const again =
        // A free port found a moment ago may be taken by now; the last server's children may still be leaving.
        (options.port === 0 && /Address already in use/.test(lines)) ||
        /pre-existing shared memory/.test(lines)
      if (again && attempt < 20) {
        await new Promise((wake) => setTimeout(wake, 100))
        continue
      }
      if (/was not ready/.test(String(error))) throw error
      throw explainPostgres('Starting Postgres', child.lastLines(), exit)
    }
  }
}

function serverOf(child: Child, port: number, dataDir: string, password: string): PostgresServer {
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: child.pid,
    dataDir,
    exited: child.exited,
    async stop() {
      await child.stop('SIGINT', 10_000)
    },
    async kill() {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

function settings(port: number, durable: boolean): string[] {
  const values: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...(durable
      ? {}
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The data folder itself, or its stand-in where root's folder is closed to the user Postgres runs as. */
function placeFor(wanted: string, log: (line: string) => void): string {
  const user = unprivilegedUser()
  const parent = dirname(wanted)
  try {
    mkdirSync(parent, { recursive: true })
  } catch (error) {
    throw explainError('Creating the folder for the local database', error)
  }
  if (canEnter(parent, user)) return wanted
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16)
  for (const base of ['/var/lib/toritsugi', '/var/tmp/toritsugi-root']) {
    const home = join(base, name)
    try {
      mkdirSync(home, { recursive: true })
      chmodSync(base, 0o755)
      chmodSync(home, 0o755)
    } catch {
      continue
    }
    if (!canEnter(home, user)) continue
    log(`user "nobody" cannot enter ${parent}: the local database lives in ${home}`)
    return join(home, 'postgres')
  }
  throw new StackFault(
    `Postgres runs as user "nobody", who cannot enter ${parent}: open it, or start as yourself.`,
  )
}
