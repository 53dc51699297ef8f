import type { Database, Tx } from './database.ts'
import { type Log, silent } from './log.ts'
import { wakeChannel } from './schema-name.ts'
import { claimDueTimers, type DueTimer, nextTimerInMs, postponeTimer } from './timers.ts'

/**
 * Acts on a due timer inside the transaction that took it. Whatever it throws is undone and tried again.
 */
export type TimerHandler = (tx: Tx, timer: DueTimer) => Promise<void>

export type TimerRunner = {
  /** Stops claiming and waits for the handlers that run. */
  stop(): Promise<void>
}

export type TimerRunnerOptions = {
  db: Database
  handle: TimerHandler
  log?: Log
  /** How many timers are worked on at once. Default 4. */
  parallel?: number
  /** The longest time between two looks at the table, ms. Default 1000. */
  pollMs?: number
  /** Longest a handler may run, ms. Default 10 000. */
  handlerTimeoutMs?: number
  observe?: (event: 'fired' | 'failed', timer: DueTimer, lateMs: number) => void
}

const lockedPauseMs = 50

/** Pauses after a handler failed: 0.5 s, doubled each time, at most a minute, ±20 %. */
export function timerBackoffMs(attempts: number, random: () => number = Math.random): number {
  const base = Math.min(500 * 2 ** Math.min(attempts, 10), 60_000)
  return Math.round(base * (0.8 + random() * 0.4))
}

/**
 * Works off due timers until stopped: claims one per transaction, so that a failing handler holds nobody up.
 * Sleeps until the next deadline, is woken when a timer is set, and looks each `pollMs` in any case.
 */
export function startTimerRunner(options: TimerRunnerOptions): TimerRunner {
  const { db, handle, log = silent, parallel = 4, pollMs = 1000, handlerTimeoutMs = 10_000 } = options
  let stopped = false
  let nextLook: NodeJS.Timeout | undefined
  /** Monotonic ms of the next look. */
  let nextLookAt = Number.POSITIVE_INFINITY
  const workers = new Set<Promise<void>>()
  const unlisten = db.notifications.on(wakeChannel(db.schema, 'timer'), hear)

  /** One claim and its handler; false when nothing was due. */
  const fireOne = async (): Promise<boolean> => {
    let claimed: DueTimer | undefined
    try {
      await db.inTransaction(
        async (tx) => {
          claimed = undefined
          const [timer] = await claimDueTimers(tx, db.schema)
          if (timer === undefined) return
          claimed = timer
          look()
          await fire(tx, timer)
        },
        { timeoutMs: handlerTimeoutMs },
      )
    } catch (err) {
      // The transaction itself is gone: it was lost, or the handler outlived it.
      if (claimed === undefined) throw err
      await db.inTransaction((tx) => putBack(tx, claimed as DueTimer, err))
    }
    return claimed !== undefined
  }

  /** What the handler did is undone when it fails; the row is put back before anybody else can see it. */
  const fire = async (tx: Tx, timer: DueTimer): Promise<void> => {
    await tx.$executeRaw`SAVEPOINT handler`
    try {
      await handle(tx, timer)
    } catch (err) {
      await tx.$executeRaw`ROLLBACK TO SAVEPOINT handler`
      await putBack(tx, timer, err)
      return
    }
    options.observe?.('fired', timer, Date.now() - timer.dueAt.getTime())
  }

  const putBack = async (tx: Tx, timer: DueTimer, err: unknown): Promise<void> => {
    const delayMs = timerBackoffMs(timer.attempts)
    const error = err instanceof Error ? err.message : String(err)
    await postponeTimer(tx, db.schema, timer, { delayMs, error })
    log.warn(
      { err, timer: timer.key, kind: timer.kind, attempt: timer.attempts + 1, ms: delayMs },
      'timer failed',
    )
    options.observe?.('failed', timer, Date.now() - timer.dueAt.getTime())
  }

  const work = async (): Promise<void> => {
    try {
      // Mostly nothing is due: that is asked first, it costs one statement and no transaction.
      let nextMs = await untilNext()
      if (nextMs <= 0) {
        while (!stopped && (await fireOne()));
        // One that is due still and was not to be had is being worked on elsewhere.
        nextMs = Math.max(await untilNext(), lockedPauseMs)
      }
      lookIn(nextMs)
    } catch (err) {
      log.warn({ err }, 'timers cannot be read')
      lookIn(pollMs)
    }
  }

  const untilNext = async (): Promise<number> => {
    const nextMs = await nextTimerInMs(db.client, db.schema)
    return nextMs === null ? pollMs : Math.min(nextMs + 1, pollMs)
  }

  /** Starts one more worker if there is room; a worker that finds something calls for the next one. */
  function look(): void {
    if (stopped || workers.size >= parallel) return
    const worker = work().finally(() => workers.delete(worker))
    workers.add(worker)
  }

  /** Moves the next look forward, never back: what was heard while a worker asked must not be lost. */
  function lookIn(ms: number): void {
    const at = performance.now() + ms
    if (stopped || at >= nextLookAt) return
    nextLookAt = at
    clearTimeout(nextLook)
    nextLook = setTimeout(() => {
      nextLookAt = Number.POSITIVE_INFINITY
      look()
    }, ms)
  }

  /** A deadline was set; null: some may have been. One that comes after the next look costs nothing. */
  function hear(dueAt: string | null): void {
    const ms = Number(dueAt ?? Number.NaN) - Date.now()
    if (ms > 0) lookIn(ms + 1)
    else look()
  }

  look()
  return {
    async stop() {
      stopped = true
      clearTimeout(nextLook)
      unlisten()
      await Promise.all(workers)
    },
  }
}
