import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { birthOf, explainError, guardianPid, isAlive, StackFault } from '@toritsugi/embedded-servers'

/** A process, told apart from a later one with the same number. */
type Somebody = { pid: number; birth: string | null }
type Content = { host: string; owner: Somebody; guardian: Somebody | null; children: Somebody[] }

/** Held while a local stack runs from this checkout. */
export type CheckoutLock = {
  /** Writes down a child, so that a next start can end it should everything here be killed at once. */
  record(pid: number): void
  release(): void
}

const CLEAN_UP_MS = 8_000

/**
 * Takes the checkout for this process, or throws a StackFault that names who has it. A lock left by kill -9 is
 * noticed by its process being gone; whatever that one left running is ended first.
 */
export async function takeCheckout(file: string, log: (line: string) => void): Promise<CheckoutLock> {
  const children: Somebody[] = []
  const guardian = guardianPid()
  const content = (): string =>
    JSON.stringify({
      host: hostname(),
      owner: somebody(process.pid),
      guardian: guardian === undefined ? null : somebody(guardian),
      children,
    } satisfies Content)
  for (let attempt = 1; ; attempt++) {
    if (create(file, content())) break
    const text = read(file)
    if (text === undefined) continue
    const left = parse(text)
    if (left && isRunning(left)) throw alreadyRunning(left)
    if (attempt > 5 || !removeExactly(file, text)) throw alreadyRunning(parse(read(file) ?? '') ?? left)
    if (left) await cleanUpAfter(left, log)
  }
  return {
    record(pid) {
      children.push(somebody(pid))
      rewrite(file, content())
    },
    release() {
      const held = parse(read(file) ?? '')
      if (held?.owner.pid === process.pid) rmSync(file, { force: true })
    },
  }
}

function somebody(pid: number): Somebody {
  return { pid, birth: birthOf(pid) ?? null }
}

function isSame(one: Somebody): boolean {
  return isAlive(one.pid) && (one.birth === null || birthOf(one.pid) === one.birth)
}

function isRunning(left: Content): boolean {
  // Of another machine's processes (a shared folder) nothing can be known: believe the lock.
  return left.host !== hostname() || isSame(left.owner)
}

function alreadyRunning(left: Content | undefined): StackFault {
  if (left && left.host !== hostname()) {
    return new StackFault(
      `Toritsugi runs from this checkout on ${left.host}; if it does not, remove .toritsugi/lock.json.`,
    )
  }
  const who = left ? ` (process ${left.owner.pid})` : ''
  return new StackFault(`Toritsugi already runs from this checkout${who}: stop it with Ctrl-C first.`)
}

/** The last start was killed: its guardian stops its children; should that be gone too, we do it. */
async function cleanUpAfter(left: Content, log: (line: string) => void): Promise<void> {
  const deadline = Date.now() + CLEAN_UP_MS
  const guarded = left.guardian
  if (guarded) await until(() => !isSame(guarded), deadline)
  const orphans = left.children.filter(isSame)
  if (orphans.length === 0) return
  log(`ending ${orphans.length} processes that an earlier start left behind`)
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (const orphan of orphans.filter(isSame)) signalQuietly(orphan.pid, signal)
    await until(() => !orphans.some(isSame), Date.now() + 5_000)
  }
  const [survivor] = orphans.filter(isSame)
  if (survivor) throw new StackFault(`Process ${survivor.pid}, left by an earlier start, cannot be ended.`)
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself in the meantime.
  }
}

async function until(done: () => boolean, deadline: number): Promise<void> {
  while (!done() && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, 50))
}

function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw explainError('Writing the lock of this checkout', error)
  }
}

function rewrite(file: string, content: string): void {
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, content, { mode: 0o600 })
  renameSync(fresh, file)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined for a lock that was cut short while being written: nobody holds that one. */
function parse(text: string): Content | undefined {
  try {
    const value = JSON.parse(text) as Partial<Content>
    if (typeof value.owner?.pid !== 'number' || typeof value.host !== 'string') return undefined
    return {
      host: value.host,
      owner: value.owner,
      guardian: value.guardian ?? null,
      children: value.children ?? [],
    }
  } catch {
    return undefined
  }
}

/** Removes the lock only if it still is the one that was read: two starts may be doing this at once. */
function removeExactly(file: string, text: string): boolean {
  const aside = `${file}.stale-${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return true // somebody else removed it; the next create decides who is first
  }
  const same = read(aside) === text
  if (!same) {
    try {
      linkSync(aside, file)
    } catch {
      // A third one has it by now.
    }
  }
  rmSync(aside, { force: true })
  return same
}
