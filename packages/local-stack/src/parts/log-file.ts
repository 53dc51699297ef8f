import { openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { explainError } from '@toritsugi/embedded-servers'

/**
 * Opens `<logs>/<name>.log` anew, keeping the last run's as `<name>.previous.log`, and returns what writes a line.
 * A disk that is full costs log lines, not the stack.
 */
export function openLog(logs: string, name: string): (line: string) => void {
  const file = join(logs, `${name}.log`)
  const previous = join(logs, `${name}.previous.log`)
  let descriptor: number
  try {
    rmSync(previous, { force: true })
    try {
      renameSync(file, previous)
    } catch {
      // The first run has no earlier log.
    }
    descriptor = openSync(file, 'w', 0o600)
  } catch (error) {
    throw explainError(`Opening the log of ${name}`, error)
  }
  return (line) => {
    try {
      writeSync(descriptor, `${line}\n`)
    } catch {}
  }
}
