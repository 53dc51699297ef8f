import { readdirSync, readFileSync } from 'node:fs'

/**
 * What the operating system says a process has used. Linux only: other systems have no /proc, and figures
 * that come from the process itself would not be the operating system's.
 */

export type CpuTime = {
  /** Time on a core, all threads, ms. */
  usedMs: number
  /** Time its main thread was ready to run and had to wait for a core, ms: others were on it. */
  waitedMs: number
}

/** CPU time of a process. Fields by "sched-stats" of the Linux kernel's documentation. */
export function cpuTimeOf(pid: number): CpuTime {
  const folder = `/proc/${pid}/task`
  let used = 0
  let waited = 0
  for (const thread of readdirSync(folder)) {
    try {
      const [ran, delayed] = readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ')
      used += Number(ran)
      if (thread === String(pid)) waited = Number(delayed)
    } catch {
      // The thread ended while we looked.
    }
  }
  return { usedMs: used > 0 ? used / 1e6 : ticksOf(pid) * 10, waitedMs: waited / 1e6 }
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
