import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { guard, release } from './guardian.ts'
import { explainError, StackFault } from './stack-fault.ts'

/** How a child ended: its exit code, or the signal that ended it. */
export type ChildExit = { code: number | null; signal: NodeJS.Signals | null }

/** What to run. `uid`/`gid` are only honoured when we are root; `log` gets every line of both outputs. */
export type ChildOptions = {
  name: string
  command: string
  args?: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  uid?: number | undefined
  gid?: number | undefined
  log?: ((line: string, output: 'stdout' | 'stderr') => void) | undefined
}

/** A running child which cannot outlive us. */
export type Child = {
  name: string
  pid: number
  /** Settles once, when the process has ended and its outputs are read to the end. Never rejects. */
  exited: Promise<ChildExit>
  /** Its last lines, for a message about why it died. */
  lastLines(): readonly string[]
  /** Resolves with the first line (past or future) that matches; rejects when the child ends first or time is up. */
  waitForLine(pattern: RegExp, deadlineMs: number): Promise<string>
  /** Sends `signal`, and KILL when the child is still there after `graceMs`. Resolves when it has ended. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<ChildExit>
  kill(signal: NodeJS.Signals): void
}

const KEPT_LINES = 40

/**
 * Starts a process in a group of its own (the terminal's Ctrl-C must reach only the supervisor, which stops
 * things in order). Rejects with a StackFault when it cannot be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const identity =
    options.uid === undefined
      ? {}
      : { uid: options.uid, ...(options.gid === undefined ? {} : { gid: options.gid }) }
  const process_ = spawn(options.command, [...(options.args ?? [])], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...identity,
  })
  try {
    await new Promise<void>((resolve, reject) => {
      process_.once('spawn', resolve)
      process_.once('error', reject)
    })
  } catch (error) {
    throw explainError(`Starting ${options.name}`, error)
  }
  const pid = process_.pid as number
  guard(pid)

  const lines: string[] = []
  const watchers = new Set<(line: string) => void>()
  const take = (stream: Readable, output: 'stdout' | 'stderr') => {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      options.log?.(line, output)
      for (const watch of watchers) watch(line)
    })
  }
  take(process_.stdout, 'stdout')
  take(process_.stderr, 'stderr')

  let ended: ChildExit | undefined
  const gone = new Promise<ChildExit>((resolve) => {
    process_.once('exit', (code, signal) => {
      release(pid)
      ended = { code, signal }
      resolve(ended)
    })
  })
  const outputsRead = new Promise<void>((resolve) => process_.once('close', () => resolve()))
  // A grandchild may keep our pipes open after the child itself is gone: that must not hold anybody up.
  const exited = gone.then(async (exit) => {
    await Promise.race([outputsRead, afterMs(500)])
    return exit
  })

  const kill = (signal: NodeJS.Signals) => {
    if (!ended) process_.kill(signal)
  }
  return {
    name: options.name,
    pid,
    exited,
    lastLines: () => lines,
    waitForLine(pattern, deadlineMs) {
      return new Promise((resolve, reject) => {
        const seen = lines.find((line) => pattern.test(line))
        if (seen !== undefined) return resolve(seen)
        const done = () => {
          clearTimeout(timer)
          watchers.delete(watch)
        }
        const watch = (line: string) => {
          if (!pattern.test(line)) return
          done()
          resolve(line)
        }
        const timer = setTimeout(() => {
          done()
          reject(new StackFault(`${options.name} was not ready within ${Math.round(deadlineMs / 1000)} s.`))
        }, deadlineMs)
        watchers.add(watch)
        void exited.then((exit) => {
          done()
          reject(new StackFault(`${options.name} ended while starting ${describeExit(exit)}.`))
        })
      })
    },
    async stop(signal = 'SIGTERM', graceMs = 10_000) {
      if (ended) return exited
      kill(signal)
      const timer = setTimeout(() => kill('SIGKILL'), graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
    kill,
  }
}

/** "(exit code 1)" or "(killed by SIGKILL)". */
export function describeExit(exit: ChildExit): string {
  return exit.signal ? `(killed by ${exit.signal})` : `(exit code ${exit.code})`
}

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
