import { type Envelope, Fault } from '@toritsugi/contracts'
import type { Bus } from './bus.ts'
import { type Log, silent } from './log.ts'
import type { BusObserver } from './observer.ts'

/** What became of one row: on the stream, or never to be taken (and why). */
export type Delivery = { ok: true } | { ok: false; failure: string }

/** The outbox as the relay sees it. A lane is a call: its rows are published in order, by one relay at a time. */
export type OutboxStore = {
  /** Lanes with unpublished rows, the longest waiting first. */
  waitingLanes(limit: number): Promise<string[]>
  /**
   * Takes those of the lanes that no other relay has, and hands their unpublished rows to `deliver`: in order
   * within a lane, lanes beside each other. A lane whose delivery throws stops there; what was delivered is
   * marked in any case.
   */
  drainLanes(
    lanes: readonly string[],
    rowsPerLane: number,
    deliver: (envelope: Envelope) => Promise<Delivery>,
  ): Promise<{ busy: string[]; more: string[]; failed: { lane: string; error: unknown }[] }>
  /** Calls `wake` with a lane that has news, or null when some may have been missed. */
  onNews(wake: (lane: string | null) => void): () => void
  prune(): Promise<number>
  close(): Promise<void>
}

export type OutboxRelayOptions = {
  store: OutboxStore
  bus: Pick<Bus, 'publish' | 'isConnected' | 'onReconnect'>
  log?: Log
  observer?: BusObserver
  /** Transactions at once, each with its own calls. Default 2. */
  parallel?: number
  /** Calls drained in one transaction, beside each other. Default 32. */
  lanesPerBatch?: number
  /** The longest time between two looks at the table, ms. Default 1000. */
  pollMs?: number
  /** Rows taken from a call in one transaction. Default 50. */
  rowsPerLane?: number
  /** Default 5 minutes. */
  pruneMs?: number
}

export type OutboxRelay = {
  /** Stops taking lanes and waits for those being drained. */
  stop(): Promise<void>
}

/** The most lanes remembered; what does not fit is found by the next look at the table. */
const mostLanes = 10_000
const retryMs = 250

/**
 * Publishes what services write into their outbox: whole calls, their rows in order, one in flight per call,
 * the row's id as the message's. Which rows are due is asked of the table each time, never derived from the last
 * one seen: transactions commit in any order. Outlives both servers.
 */
export function startOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  const {
    store,
    bus,
    log = silent,
    observer = {},
    parallel = 2,
    lanesPerBatch = 32,
    rowsPerLane = 50,
  } = options
  const due = new Set<string>()
  const draining = new Set<string>()
  const again = new Set<string>()
  const batches = new Set<Promise<void>>()
  let stopped = false
  let looking: Promise<void> | undefined

  const deliver = async (envelope: Envelope): Promise<Delivery> => {
    try {
      await bus.publish(envelope, { checked: true })
    } catch (error) {
      if (!(error instanceof Fault) || error.retryable) throw error
      log.error({ err: error, eventId: envelope.id, event: envelope.type }, 'fact cannot be published')
      observer.count?.('relay-set-aside', envelope.type)
      return { ok: false, failure: error.message }
    }
    observer.count?.('relayed', envelope.type)
    observer.took?.('relay', envelope.type, Date.now() - Date.parse(envelope.time))
    return { ok: true }
  }

  const drain = async (lanes: string[]): Promise<void> => {
    try {
      const { more, failed } = await store.drainLanes(lanes, rowsPerLane, deliver)
      for (const lane of more) again.add(lane)
      for (const { lane, error } of failed) putOff(error, lane)
    } catch (error) {
      putOff(error)
    }
    // What came while a lane was being drained may have been missed: it has its turn again.
    for (const lane of lanes) {
      draining.delete(lane)
      if (again.delete(lane)) due.add(lane)
    }
  }

  const putOff = (error: unknown, lane?: string): void => {
    observer.count?.('relay-retried', 'outbox')
    log.warn({ err: error, ...(lane === undefined ? {} : { callId: lane }) }, 'outbox waits')
    lookIn(retryMs)
  }

  const pump = (): void => {
    while (!stopped && due.size > 0 && batches.size < parallel && bus.isConnected()) {
      const lanes = [...due].slice(0, lanesPerBatch)
      for (const lane of lanes) {
        due.delete(lane)
        draining.add(lane)
      }
      const batch = drain(lanes).finally(() => {
        batches.delete(batch)
        pump()
      })
      batches.add(batch)
    }
  }

  const add = (lane: string): void => {
    if (draining.has(lane)) again.add(lane)
    else if (due.size < mostLanes) due.add(lane)
  }

  const look = (): void => {
    if (stopped || looking !== undefined || !bus.isConnected()) return
    looking = store
      .waitingLanes(1000)
      .then((lanes) => {
        for (const lane of lanes) if (!draining.has(lane)) add(lane)
        pump()
      })
      .catch((err: unknown) => log.warn({ err }, 'outbox cannot be read'))
      .finally(() => {
        looking = undefined
      })
  }

  let soon: NodeJS.Timeout | undefined
  const lookIn = (ms: number): void => {
    if (soon !== undefined || stopped) return
    soon = setTimeout(() => {
      soon = undefined
      look()
    }, ms)
  }

  const silence = store.onNews((lane) => {
    if (lane === null) return look()
    add(lane)
    pump()
  })
  const forget = bus.onReconnect(look)
  const polling = setInterval(look, options.pollMs ?? 1000)
  const pruning = setInterval(() => {
    store.prune().catch((err: unknown) => log.warn({ err }, 'outbox cannot be pruned'))
  }, options.pruneMs ?? 300_000)
  look()

  return {
    async stop() {
      stopped = true
      silence()
      forget()
      clearInterval(polling)
      clearInterval(pruning)
      clearTimeout(soon)
      await looking
      await Promise.all(batches)
      await store.close()
    },
  }
}
