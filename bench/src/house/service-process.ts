import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Core, type PinnedChild, startPinned } from '../process/pinned-child.ts'

export type Program = 'call-control' | 'media-bridge' | 'realtime-session' | 'handoff' | 'transcript' | 'edge'

/** The built program, as it is started anywhere. */
export const mainOf = (program: Program): string =>
  fileURLToPath(
    new URL(
      `../../../${program === 'edge' ? 'packages' : 'services'}/${program}/dist/main.js`,
      import.meta.url,
    ),
  )

export type ServiceProcess = {
  readonly program: Program
  readonly pid: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly child: PinnedChild
  /** Lines it logged at level error or above, and what it wrote that is no log line; the last thousand. */
  readonly complaints: readonly string[]
  stop(): Promise<void>
}

const READY_MS = 30_000
const MOST_COMPLAINTS = 1000
const PINO_ERROR = 50

/** Starts one service and waits until it says it is ready. @throws Error with its last lines when it is not */
export async function startServiceProcess(options: {
  program: Program
  port: number
  core: Core
  env: Readonly<Record<string, string>>
  nodeArgs?: readonly string[]
}): Promise<ServiceProcess> {
  const { program, port } = options
  const script = mainOf(program)
  if (!existsSync(script)) throw new Error(`${program} is not built: ${script} is missing`)
  const complaints: string[] = []
  const child = startPinned({
    name: program,
    core: options.core,
    script,
    ...(options.nodeArgs === undefined ? {} : { nodeArgs: options.nodeArgs }),
    env: {
      PATH: process.env.PATH ?? '',
      PROFILE: 'local',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      STOP_GRACE_MS: '3000',
      ...options.env,
    },
    onLine(line) {
      if (isComplaint(line) && complaints.length < MOST_COMPLAINTS) complaints.push(line)
    },
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await untilReady(program, `${url}/${program === 'edge' ? 'healthz' : 'readyz'}`, child)
  } catch (error) {
    await child.stop(1000)
    throw error
  }
  return { program, pid: child.pid, url, child, complaints, stop: () => child.stop() }
}

/** What Node itself says on stderr when it listens for a debugger or warns of it. */
const NODES_OWN = /^(Debugger |For help, see|Waiting for the debugger|\(node:\d+\) |\(Use `node)/

function isComplaint(line: string): boolean {
  if (line === '' || NODES_OWN.test(line)) return false
  try {
    const { level } = JSON.parse(line) as { level?: unknown }
    return typeof level === 'number' ? level >= PINO_ERROR : level === 'error' || level === 'fatal'
  } catch {
    return true
  }
}

async function untilReady(program: Program, url: string, child: PinnedChild): Promise<void> {
  const deadline = performance.now() + READY_MS
  let last = 'no answer'
  while (performance.now() < deadline && child.isRunning()) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000) })
      last = `${answer.status} ${await answer.text()}`
      if (answer.ok) return
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const said = child.lastLines().slice(-5).join(' | ')
  throw new Error(`${program} was not ready: ${last}; it said: ${said || 'nothing'}`)
}
