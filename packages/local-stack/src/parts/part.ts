import { join } from 'node:path'
import { type Child, type ChildExit, describeExit, StackFault, startChild } from '@toritsugi/embedded-servers'
import { openLog } from './log-file.ts'

/** One program of the stack. */
export type PartSpec = {
  name: string
  /** The compiled entry point. */
  main: string
  args?: readonly string[]
  env: Readonly<Record<string, string>>
  /** Answers 200 when the part can work. */
  readyUrl: string
  port: number
}

/** A line that says something went wrong inside a part. */
export type PartError = { part: string; text: string }

export type Part = {
  spec: PartSpec
  child: Child
  exited: Promise<ChildExit>
  /** Errors it has logged so far. */
  errors: readonly PartError[]
}

/** pino's number for `error`; `fatal` is 60. */
const ERROR_LEVEL = 50

/**
 * Starts a part; its lines go to `<logs>/<name>.log`, the last run's are kept as `<name>.previous.log`.
 */
export async function startPart(
  spec: PartSpec,
  options: { logs: string; cwd: string; env: NodeJS.ProcessEnv },
): Promise<Part> {
  const write = openLog(options.logs, spec.name)
  const errors: PartError[] = []
  const child = await startChild({
    name: spec.name,
    command: process.execPath,
    args: ['--enable-source-maps', spec.main, ...(spec.args ?? [])],
    cwd: options.cwd,
    env: { ...options.env, ...spec.env },
    log(line, output) {
      write(line)
      const text = errorIn(line, output)
      if (text !== undefined) errors.push({ part: spec.name, text })
    },
  })
  return { spec, child, exited: child.exited, errors }
}

/** What is wrong according to this line of a log, or undefined when nothing is. Exported for its test. */
export function errorIn(line: string, output: 'stdout' | 'stderr'): string | undefined {
  let entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } }
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    return output === 'stderr' && /\b(uncaught|unhandled|\w*Error)\b/i.test(line) ? line.trim() : undefined
  }
  if (typeof entry !== 'object' || entry === null) return undefined
  const { level } = entry
  const isError = typeof level === 'number' ? level >= ERROR_LEVEL : level === 'error' || level === 'fatal'
  if (!isError) return undefined
  const because = typeof entry.err?.message === 'string' ? `: ${entry.err.message}` : ''
  return `${typeof entry.msg === 'string' ? entry.msg : 'error'}${because}`
}

/** One sentence about a part that ended although nobody asked it to. */
export function explainDeath(part: Part, exit: ChildExit, logs: string): StackFault {
  const said =
    part.errors.at(-1)?.text ??
    part.child
      .lastLines()
      .filter((line) => !line.startsWith('{'))
      .at(-1)
  const because = said ? `: ${said.replace(/\.$/, '')}` : ''
  return new StackFault(
    `${part.spec.name} ended by itself ${describeExit(exit)}${because}. Its log: ${join(logs, `${part.spec.name}.log`)}`,
  )
}
