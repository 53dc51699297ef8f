import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { availableParallelism } from 'node:os'
import { guard, release } from '@toritsugi/embedded-servers'

/** Which core a process is kept on: the subject has one for itself, everything else shares the other; or it is free. */
export type Core = 'subject' | 'rest' | 'any'

export type PinnedChild = {
  readonly name: string
  readonly pid: number
  readonly process: ChildProcess
  /** Its last lines, for a message about why it ended. */
  lastLines(): readonly string[]
  isRunning(): boolean
  /** The first line of its output that this function makes something of. */
  waitForLine<T>(read: (line: string) => T | undefined, deadlineMs: number): Promise<T>
  /** Ends it by its id: TERM, then KILL. */
  stop(graceMs?: number): Promise<void>
}

const KEPT_LINES = 60

const tasksetPath = (process.env.PATH ?? '')
  .split(':')
  .map((folder) => `${folder}/taskset`)
  .find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** True when processes can be kept on a core of their own here. */
export const canPin = tasksetPath !== undefined && availableParallelism() >= 2

/** The core the subject has for itself; null when nothing can be pinned. */
export const subjectCore: number | null = canPin ? 0 : null

const coresOf: Readonly<Record<Core, string>> = {
  subject: '0',
  rest: '1',
  any: `0-${Math.max(1, availableParallelism() - 1)}`,
}

/** Starts a Node process on its core. It has a channel for messages, and cannot outlive us. */
export function startPinned(options: {
  name: string
  core: Core
  script: string
  nodeArgs?: readonly string[]
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
  onLine?: (line: string) => void
}): PinnedChild {
  const node = [process.execPath, ...(options.nodeArgs ?? []), options.script, ...(options.args ?? [])]
  // Also when it is free: a child would otherwise be kept where we are.
  const [command, ...args] = canPin ? [tasksetPath as string, '-c', coresOf[options.core], ...node] : node
  const child = spawn(command as string, args, {
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Not JSON: figures that nobody took are NaN, and have to arrive as NaN.
    serialization: 'advanced',
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`${options.name} could not be started`)
  guard(pid)
  child.once('exit', () => release(pid))
  return childOf(options.name, pid, child, options.onLine)
}

/** Keeps a process that is already running on a core, or sets it free; all its threads. */
export function keepOn(core: Core, pid: number): Promise<void> {
  if (!canPin) return Promise.resolve()
  return new Promise((resolve) => {
    const tool = spawn(tasksetPath as string, ['-a', '-c', '-p', coresOf[core], String(pid)], {
      stdio: 'ignore',
    })
    tool.once('close', () => resolve())
    tool.once('error', () => resolve())
  })
}

function childOf(
  name: string,
  pid: number,
  child: ChildProcess,
  onLine: ((line: string) => void) | undefined,
): PinnedChild {
  const lines: string[] = []
  const watchers = new Set<(line: string) => void>()
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (const output of [child.stdout, child.stderr]) {
    let rest = ''
    output?.setEncoding('utf8')
    output?.on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = (parts.pop() ?? '').slice(-100_000)
      for (const line of parts) {
        lines.push(line)
        onLine?.(line)
        if (lines.length > KEPT_LINES) lines.shift()
        for (const watch of watchers) watch(line)
      }
    })
  }
  const why = (): string => `${name} ended: ${lines.slice(-5).join(' | ') || 'it said nothing'}`
  return {
    name,
    pid,
    process: child,
    lastLines: () => lines,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    waitForLine(read, deadlineMs) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer)
          watchers.delete(watch)
          act()
        }
        const watch = (line: string) => {
          const value = read(line)
          if (value !== undefined) settle(() => resolve(value))
        }
        const timer = setTimeout(
          () => settle(() => reject(new Error(`${name} was not ready within ${deadlineMs / 1000} s`))),
          deadlineMs,
        )
        watchers.add(watch)
        for (const line of [...lines]) watch(line)
        void ended.then(() => settle(() => reject(new Error(why()))))
      })
    },
    async stop(graceMs = 8000) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(timer)
    },
  }
}
