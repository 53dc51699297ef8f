import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import { Fault } from '@toritsugi/contracts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'
import { doneWithin } from './pause.ts'
import { ensureStreams } from './streams.ts'

export type ConnectionOptions = {
  /** nats://host:port, several parted by commas. */
  url: string
  user?: string
  password?: string
  /** Shown in the server's list of connections: the service and pod. */
  name: string
  /** How long the first connection is waited for, ms. Default 10 000. */
  connectTimeoutMs?: number
  /** Set false when the streams are made by somebody with more rights. Default true. */
  ensureStreams?: boolean
}

/** The one connection of a process. It comes back by itself. */
export type Connection = {
  readonly nats: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  isConnected(): boolean
  /** @throws Fault `bus.unavailable` at once, rather than after a time-out, while the server is away */
  assertConnected(): void
  onReconnect(then: () => void): () => void
  close(drainMs: number): Promise<void>
}

/**
 * Connects, and makes the streams.
 * @throws Fault `bus.unavailable` when the server is not there in time or refuses the user
 */
export async function openConnection(
  options: ConnectionOptions,
  log: Log,
  observer: BusObserver,
): Promise<Connection> {
  const nats = await connectInTime(options)
  const js = jetstream(nats, { timeout: 5000 })
  const jsm = await jetstreamManager(nats, { timeout: 5000, checkAPI: false })
  const listeners = new Set<() => void>()
  let connected = true

  const ensure = () => (options.ensureStreams === false ? Promise.resolve() : ensureStreams(jsm, log))
  try {
    await ensure()
  } catch (cause) {
    await nats.close()
    throw cause instanceof Fault ? cause : new Fault('bus.unavailable', { cause })
  }

  const watch = async () => {
    for await (const status of nats.status()) {
      if (status.type === 'disconnect') {
        connected = false
        observer.count?.('disconnected', options.name)
        log.warn({}, 'bus disconnected')
      } else if (status.type === 'reconnect') {
        connected = true
        observer.count?.('reconnected', options.name)
        log.info({}, 'bus reconnected')
        // A server that lost its disk has lost the streams.
        await ensure().catch((err: unknown) => log.error({ err }, 'streams cannot be made'))
        for (const then of listeners) then()
      } else if (status.type === 'error') {
        log.error({ err: status.error }, 'bus error')
      } else if (status.type === 'slowConsumer') {
        log.warn({ subject: status.sub.getSubject() }, 'bus subscription is slow')
      }
    }
  }
  void watch().catch((err: unknown) => log.error({ err }, 'bus status is not watched any more'))
  void nats.closed().then((err) => {
    connected = false
    if (err) log.error({ err }, 'bus connection closed for good')
  })

  return {
    nats,
    js,
    jsm,
    isConnected: () => connected,
    assertConnected() {
      if (!connected) throw new Fault('bus.unavailable')
    },
    onReconnect(then) {
      listeners.add(then)
      return () => listeners.delete(then)
    },
    async close(drainMs) {
      if (nats.isClosed()) return
      const drained =
        connected &&
        (await doneWithin(
          nats.drain().catch(() => {}),
          drainMs,
        ))
      if (!drained) await nats.close()
    },
  }
}

async function connectInTime(options: ConnectionOptions): Promise<NatsConnection> {
  const deadline = Date.now() + (options.connectTimeoutMs ?? 10_000)
  for (;;) {
    try {
      return await connect({
        servers: options.url.split(',').map((server) => server.trim()),
        name: options.name,
        ...(options.user === undefined ? {} : { user: options.user }),
        ...(options.password === undefined ? {} : { pass: options.password }),
        timeout: 3000,
        reconnect: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        reconnectJitter: 100,
        pingInterval: 5000,
        maxPingOut: 2,
        // Otherwise every request makes two errors ahead of time, for their stacks: a tenth of its cost.
        noAsyncTraces: true,
      })
    } catch (cause) {
      const refused = cause instanceof Error && /authorization/i.test(`${cause.name} ${cause.message}`)
      if (refused) {
        throw new Fault('bus.unavailable', {
          cause,
          retryable: false,
          detail: `the server at ${withoutPassword(options.url)} refuses user "${options.user ?? ''}"`,
        })
      }
      if (Date.now() > deadline) {
        throw new Fault('bus.unavailable', {
          cause,
          detail: `nobody answers at ${withoutPassword(options.url)}`,
        })
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/g, '//')
}
