import pg from 'pg'
import type { Log } from './log.ts'

/** One connection that listens for NOTIFY; it comes back by itself after the server was away. */
export type Notifications = {
  /**
   * Calls `heard` with the payload of each notification, and with null whenever some may have been missed
   * (at the start and after each reconnection). Never throws; returns a function that stops listening.
   */
  on(channel: string, heard: (payload: string | null) => void): () => void
  /** Waits until the connection listens; for tests and start-up. */
  ready(): Promise<void>
  close(): Promise<void>
}

const firstPauseMs = 100
const longestPauseMs = 2000

/** Connects when the first listener comes. */
export function createNotifications(options: { settings: pg.ClientConfig; log: Log }): Notifications {
  const { log } = options
  const listeners = new Map<string, Set<(payload: string | null) => void>>()
  const waiting = new Set<() => void>()
  let client: pg.Client | undefined
  let closed = false
  let running: Promise<void> | undefined
  let wake: (() => void) | undefined

  const tell = (channel: string, payload: string | null) => {
    for (const heard of listeners.get(channel) ?? []) heard(payload)
  }

  const listenOnce = async (): Promise<void> => {
    const { statement_timeout: _, query_timeout: __, ...settings } = options.settings
    const next = new pg.Client({ ...settings, application_name: 'notifications' })
    const ended = new Promise<void>((resolve) => {
      next.on('error', (err) => {
        log.warn({ err }, 'listening connection lost')
        resolve()
      })
      next.on('end', resolve)
    })
    next.on('notification', ({ channel, payload }) => tell(channel, payload ?? ''))
    try {
      await next.connect()
      for (const channel of listeners.keys()) await next.query(`LISTEN "${channel}"`)
      client = next
      for (const channel of listeners.keys()) tell(channel, null)
      for (const resolve of waiting) resolve()
      waiting.clear()
      if (!closed) await ended
    } finally {
      client = undefined
      await next.end().catch(() => {})
    }
  }

  const run = async (): Promise<void> => {
    let pauseMs = firstPauseMs
    while (!closed) {
      const startedAt = performance.now()
      await listenOnce().catch((err) => log.warn({ err }, 'cannot listen for notifications'))
      if (closed) return
      pauseMs =
        performance.now() - startedAt > longestPauseMs ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  return {
    on(channel, heard) {
      const known = listeners.get(channel)
      if (known) known.add(heard)
      else {
        listeners.set(channel, new Set([heard]))
        client?.query(`LISTEN "${channel}"`).catch((err) => log.warn({ err }, 'cannot listen'))
      }
      running ??= run()
      return () => listeners.get(channel)?.delete(heard)
    },
    ready() {
      if (client) return Promise.resolve()
      return new Promise((resolve) => waiting.add(resolve))
    },
    async close() {
      closed = true
      wake?.()
      await client?.end().catch(() => {})
      await running
    },
  }
}
