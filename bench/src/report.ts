import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { canPin } from './process/pinned-child.ts'
import type { Row } from './rows/row.ts'

/** Where the figures were taken. */
export function describeMachine(): Record<string, unknown> {
  return {
    cpu: cpuModel(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    pinned: canPin,
    commit: commit(),
  }
}

function cpuModel(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  try {
    const mhz = /^cpu MHz\s*:\s*(\d+)/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
    return mhz === undefined ? model : `${model}, ${mhz} MHz`
  } catch {
    return model
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

/** The rows as a table for the terminal. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['', 'what', 'bar', 'measured']
  const lines = rows.map((row) => [row.verdict, row.what, row.bar, row.measured])
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => (line[i] as string).length)))
  const draw = (line: readonly string[]) => line.map((cell, i) => cell.padEnd(widths[i] as number)).join('  ')
  const out = [draw(head), widths.map((width) => '─'.repeat(width)).join('  ')]
  rows.forEach((row, i) => {
    out.push(draw(lines[i] as string[]))
    for (const note of row.notes) out.push(`${' '.repeat((widths[0] as number) + 2)}· ${note}`)
  })
  return out.join('\n')
}

/** What `bench/results.json` holds. */
export function resultsOf(rows: readonly Row[], quick: boolean, startedAt: Date): object {
  return {
    date: startedAt.toISOString(),
    minutes: Math.round((Date.now() - startedAt.getTime()) / 6000) / 10,
    quick,
    machine: describeMachine(),
    rows,
  }
}
