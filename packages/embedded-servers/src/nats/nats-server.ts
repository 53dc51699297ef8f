import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Child, type ChildExit, describeExit, startChild } from '../process/child.ts'
import { freePort, requirePort } from '../process/port.ts'
import { explainError, StackFault } from '../process/stack-fault.ts'
import { findNatsServer } from './nats-binary.ts'

export type NatsOptions = {
  /** Where JetStream keeps its streams. */
  storeDir: string
  /** 0 takes any free port. */
  port: number
  log?: (line: string) => void
  /** A file with users and permissions; without one anybody on loopback may connect. */
  configFile?: string
  /** What the configuration's `$NAMES` stand for: the passwords. */
  env?: Readonly<Record<string, string>>
}

export type NatsServer = {
  /** `nats://127.0.0.1:<port>` */
  url: string
  port: number
  pid: number
  exited: Promise<ChildExit>
  stop(): Promise<void>
  /** As a power cut: for outage tests. */
  kill(): Promise<void>
}

const READY = /Server is ready/
const START_DEADLINE_MS = 30_000

/** Starts the real nats-server with JetStream on loopback. Rejects with a StackFault: one sentence. */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  if (options.port !== 0) await requirePort(options.port, 'NATS')
  const storeDir = resolve(options.storeDir)
  try {
    mkdirSync(storeDir, { recursive: true })
  } catch (error) {
    throw explainError('Creating the folder for NATS', error)
  }
  const command = findNatsServer()
  const configuration = writeConfiguration(storeDir, options.configFile)
  for (let attempt = 1; ; attempt++) {
    const port = options.port === 0 ? await freePort() : options.port
    const child = await startChild({
      name: 'NATS',
      command,
      args: [...['-c', configuration, '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', storeDir]],
      env: { PATH: process.env.PATH ?? '', ...options.env },
      cwd: storeDir,
      log: options.log,
    })
    try {
      await child.waitForLine(READY, START_DEADLINE_MS)
      return serverOf(child, port)
    } catch (error) {
      const exit = await child.stop('SIGINT', 2_000)
      const taken = /address already in use/.test(child.lastLines().join('\n'))
      if (options.port === 0 && taken && attempt < 20) continue
      if (/was not ready/.test(String(error))) throw error
      throw explainNats(child.lastLines(), exit)
    }
  }
}

/**
 * Streams reserve their greatest size; by default the server grants three quarters of the free disk, and a nearly
 * full machine could not even create an empty stream. What is really written is small here.
 */
function writeConfiguration(storeDir: string, usersFile: string | undefined): string {
  const file = join(storeDir, 'nats-server.conf')
  try {
    const users = usersFile ? readFileSync(usersFile, 'utf8') : ''
    writeFileSync(file, `jetstream { max_file_store: 1TB }\n${users}`)
  } catch (error) {
    throw explainError('Writing the configuration of NATS', error)
  }
  return file
}

function serverOf(child: Child, port: number): NatsServer {
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: child.pid,
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

function explainNats(lines: readonly string[], exit: ChildExit): StackFault {
  const text = lines.join('\n')
  if (/address already in use/.test(text)) {
    return new StackFault(
      'Starting NATS failed: its port is already in use. Set TORITSUGI_PORT_BASE to free ports.',
    )
  }
  if (/no space left on device/i.test(text)) {
    return new StackFault('Starting NATS failed: the disk is full. Free some space and start again.')
  }
  const reason = lines.filter((line) => /\[(FTL|ERR)\]|error|nats-server:/i.test(line)).at(-1) ?? lines.at(-1)
  const said = reason?.replace(/^.*\[(FTL|ERR|INF)\]\s*/, '').replace(/\.$/, '') ?? 'it said nothing'
  return new StackFault(`Starting NATS failed ${describeExit(exit)}: ${said}.`)
}
