import type { RealtimeSocket } from './realtime-socket.ts'

/** Sockets to the model that are open before a call needs one. */
export type SocketPool = {
  /** A socket for this model: a warm one, or a new one. @throws Fault */
  take(model: string): Promise<{ socket: RealtimeSocket; warm: boolean }>
  /** Retires old ones and makes up for those that are gone. Asked now and then. */
  tend(now: number): void
  size(): number
  close(): void
}

export type SocketPoolOptions = {
  connect(model: string): Promise<RealtimeSocket>
  /** Kept ready for each model. */
  warm: number
  /** A session's hour runs from its creation: one that waited longer is given back. */
  maxAgeMs: number
  firstModel: string
  failed(error: unknown, model: string): void
}

/** Models kept warm at once; plans name few. */
const mostModels = 4
const slowestRetryMs = 30_000

type Shelf = {
  model: string
  ready: RealtimeSocket[]
  opening: number
  failures: number
  retryAt: number
  usedAt: number
}

export function socketPool(options: SocketPoolOptions): SocketPool {
  const shelves = new Map<string, Shelf>()
  let isClosed = false

  const shelfOf = (model: string, now: number): Shelf => {
    const known = shelves.get(model)
    if (known !== undefined) return known
    if (shelves.size >= mostModels) {
      const oldest = [...shelves.values()].sort((a, b) => a.usedAt - b.usedAt)[0] as Shelf
      for (const socket of oldest.ready) socket.close()
      shelves.delete(oldest.model)
    }
    const shelf: Shelf = { model, ready: [], opening: 0, failures: 0, retryAt: 0, usedAt: now }
    shelves.set(model, shelf)
    return shelf
  }

  const fill = (shelf: Shelf, now: number): void => {
    while (!isClosed && now >= shelf.retryAt && shelf.ready.length + shelf.opening < options.warm) {
      shelf.opening++
      void warmOne(shelf)
    }
  }

  const warmOne = async (shelf: Shelf): Promise<void> => {
    try {
      const socket = await options.connect(shelf.model)
      shelf.failures = 0
      if (isClosed || shelves.get(shelf.model) !== shelf) return socket.close()
      shelf.ready.push(socket)
    } catch (error) {
      shelf.failures++
      shelf.retryAt = performance.now() + Math.min(500 * 2 ** shelf.failures, slowestRetryMs)
      options.failed(error, shelf.model)
    } finally {
      shelf.opening--
    }
  }

  const tend = (now: number): void => {
    for (const shelf of shelves.values()) {
      const old = shelf.ready.filter((socket) => !socket.isOpen() || now - socket.openedAt > options.maxAgeMs)
      if (old.length > 0) {
        shelf.ready = shelf.ready.filter((socket) => !old.includes(socket))
        for (const socket of old) socket.close()
      }
      for (const socket of shelf.ready) socket.probe(now)
      fill(shelf, now)
    }
  }

  if (options.warm > 0) fill(shelfOf(options.firstModel, performance.now()), performance.now())
  return {
    async take(model) {
      const now = performance.now()
      const shelf = shelfOf(model, now)
      shelf.usedAt = now
      for (let socket = shelf.ready.shift(); socket !== undefined; socket = shelf.ready.shift()) {
        if (socket.isOpen() && now - socket.openedAt <= options.maxAgeMs) {
          fill(shelf, now)
          return { socket, warm: true }
        }
        socket.close()
      }
      fill(shelf, now)
      return { socket: await options.connect(model), warm: false }
    },
    tend,
    size: () => [...shelves.values()].reduce((sum, { ready }) => sum + ready.length, 0),
    close() {
      isClosed = true
      for (const shelf of shelves.values()) for (const socket of shelf.ready) socket.close()
      shelves.clear()
    },
  }
}
