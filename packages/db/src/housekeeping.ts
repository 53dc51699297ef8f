import { pruneCommandKeys } from './command-keys.ts'
import type { Database } from './database.ts'
import { pruneInbox } from './inbox.ts'
import { type Log, silent } from './log.ts'

export type Housekeeping = {
  /** Stops, and waits for a round that runs. */
  stop(): Promise<void>
}

const batch = 1000
/** The most batches of one round; what is left waits for the next. */
const mostBatches = 50

/** Forgets old messages and command keys of a schema, each `everyMs` (default 10 minutes), until stopped. */
export function startHousekeeping(options: { db: Database; log?: Log; everyMs?: number }): Housekeeping {
  const { db, log = silent, everyMs = 600_000 } = options
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  const pruneAll = async (prune: () => Promise<number>): Promise<number> => {
    let gone = 0
    for (let i = 0; i < mostBatches && !stopped; i++) {
      const some = await prune()
      gone += some
      if (some < batch) break
    }
    return gone
  }

  const round = async (): Promise<void> => {
    try {
      const messages = await pruneAll(() => pruneInbox(db.client, db.schema, batch))
      const keys = await pruneAll(() => pruneCommandKeys(db.client, db.schema, batch))
      if (messages + keys > 0) log.info({ messages, keys }, 'old messages forgotten')
    } catch (err) {
      log.warn({ err }, 'old messages could not be forgotten')
    }
  }

  const timer = setInterval(() => {
    running = running.then(round)
  }, everyMs)
  timer.unref()
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
