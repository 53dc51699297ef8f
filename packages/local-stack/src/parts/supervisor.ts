import { type ChildExit, describeExit, StackFault } from '@toritsugi/embedded-servers'
import { explainDeath, type Part, type PartError, type PartSpec, startPart } from './part.ts'
import { waitUntilReady } from './readiness.ts'

/** Something that is stopped when the stack is: a server, a part. */
type Running = { name: string; stop(): Promise<unknown> }

/** Keeps the stack's processes: notices the first that dies, and stops them all in order. */
export type Supervisor = {
  /** Looks after a server that was started elsewhere. */
  adopt(server: { pid: number; exited: Promise<ChildExit>; stop(): Promise<void> }, name: string): void
  /** Starts programs side by side and waits until each is ready. */
  start(specs: readonly PartSpec[]): Promise<void>
  errors(): readonly PartError[]
  /** Rejects with a StackFault when something ends that nobody stopped; never resolves. */
  failed: Promise<never>
  /** Aborted together with `failed`. */
  signal: AbortSignal
  /** Stops what was started last first; programs side by side. A second call hurries: KILL. */
  stop(): Promise<void>
}

const READY_DEADLINE_MS = 60_000
const STOP_GRACE_MS = 5_000

export function createSupervisor(options: {
  logs: string
  cwd: string
  env: NodeJS.ProcessEnv
  record(pid: number): void
  readyDeadlineMs?: number
}): Supervisor {
  const stages: Running[][] = []
  const parts: Part[] = []
  const aborter = new AbortController()
  let stopping: Promise<void> | undefined
  let fail: (fault: StackFault) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = (fault) => {
      if (stopping) return
      reject(fault)
      aborter.abort(fault)
    }
  })
  failed.catch(() => {}) // whoever awaits it gets it; nobody has to

  return {
    failed,
    signal: aborter.signal,
    errors: () => parts.flatMap((part) => part.errors),
    adopt(server, name) {
      if (stopping) void server.stop()
      options.record(server.pid)
      stages.push([{ name, stop: () => server.stop() }])
      void server.exited.then((exit) =>
        fail(new StackFault(`${name} ended by itself ${describeExit(exit)}.`)),
      )
    },
    async start(specs) {
      aborter.signal.throwIfAborted()
      const started: Part[] = []
      const stage: Running[] = []
      stages.push(stage)
      for (const spec of specs) {
        const part = await startPart(spec, options)
        options.record(part.child.pid)
        parts.push(part)
        started.push(part)
        stage.push({ name: spec.name, stop: () => part.child.stop('SIGTERM', STOP_GRACE_MS) })
        void part.exited.then((exit) => fail(explainDeath(part, exit, options.logs)))
      }
      const ready = started.map(({ spec }) =>
        waitUntilReady(spec.name, spec.readyUrl, {
          deadlineMs: options.readyDeadlineMs ?? READY_DEADLINE_MS,
          signal: aborter.signal,
        }),
      )
      await Promise.all(ready)
    },
    stop() {
      if (stopping) {
        for (const part of parts) part.child.kill('SIGKILL')
        return stopping
      }
      stopping = stopInOrder(stages)
      aborter.abort(new StackFault('The stack was told to stop.'))
      return stopping
    },
  }
}

async function stopInOrder(stages: readonly Running[][]): Promise<void> {
  for (const stage of [...stages].reverse()) await Promise.all(stage.map((one) => one.stop()))
}
