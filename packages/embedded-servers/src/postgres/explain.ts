import { type ChildExit, describeExit } from '../process/child.ts'
import { StackFault } from '../process/stack-fault.ts'

/** Reads from Postgres' last lines why it did not do what was asked, and says it in one sentence. */
export function explainPostgres(doing: string, lines: readonly string[], exit: ChildExit): StackFault {
  const text = lines.join('\n')
  if (/No space left on device|Disk quota exceeded/.test(text)) {
    return new StackFault(`${doing} failed: the disk is full. Free some space and start again.`)
  }
  if (/Address already in use/.test(text)) {
    return new StackFault(
      `${doing} failed: its port is already in use. Set TORITSUGI_PORT_BASE to free ports.`,
    )
  }
  if (/lock file "postmaster.pid" already exists/.test(text)) {
    return new StackFault(`${doing} failed: another Postgres uses the same data folder. Stop it first.`)
  }
  if (/could not create shared memory segment|could not map anonymous shared memory/.test(text)) {
    return new StackFault(`${doing} failed: the system has no shared memory left for it.`)
  }
  if (/Permission denied/.test(text)) {
    return new StackFault(
      `${doing} failed: no permission to use its folder (${reason(lines) ?? 'see the log'}).`,
    )
  }
  return new StackFault(`${doing} failed ${describeExit(exit)}: ${reason(lines) ?? 'it said nothing'}.`)
}

function reason(lines: readonly string[]): string | undefined {
  const telling =
    lines.filter((line) => /FATAL|PANIC|error:|ERROR|could not/.test(line)).at(-1) ?? lines.at(-1)
  return telling?.replace(/^.*?(FATAL|PANIC|ERROR|error):\s*/, '').replace(/\.$/, '')
}
