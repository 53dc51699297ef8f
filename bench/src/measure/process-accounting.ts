import { readdirSync, readFileSync } from 'node:fs'

/**
 * What the operating system says a process has used. Linux only: other systems have no /proc, and figures
 * that come from the process itself would not be the operating system's.
 */

/** CPU time of a process, all its threads, in ms. Field by "sched-stats" of the Linux kernel's documentation. */
export function cpuMsOf(pid: number): number {
  const folder = `/proc/${pid}/task`
  let nanoseconds = 0
  for (const thread of readdirSync(folder)) {
    try {
      nanoseconds += Number(readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ', 1)[0])
    } catch {
      // The thread ended while we looked.
    }
  }
  return nanoseconds > 0 ? nanoseconds / 1e6 : ticksOf(pid) * 10
}

/** utime + stime in ticks of 10 ms: coarser, but on every Linux. Fields by "proc(5)". */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Resident memory of a process in KiB. */
export function residentKibOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  if (line === null) throw new Error(`process ${pid} has no resident memory: it is gone`)
  return Number(line[1])
}

/** Time a core was not idle since the start of the machine, ms. Fields by "proc(5)": /proc/stat, ticks of 10 ms. */
export function coreBusyMs(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))?.[1]
  if (line === undefined) throw new Error(`there is no core ${core}`)
  const [user, nice, system, , , irq, softirq, steal] = line.split(' ').map(Number)
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) * 10
}
