import { hostname } from 'node:os'
import type { Duplex } from 'node:stream'
import { connectBus } from '@toritsugi/bus'
import { type CallId, epochSeen, liveSubject } from '@toritsugi/contracts'
import { type BuiltService, buildHttp, listenHost, type ServiceParts } from '@toritsugi/service-kit'
import type { WebSocket } from 'ws'
import { answerBridgeCommands } from './bridge-commands.ts'
import { factSpool } from './bridge-events.ts'
import { bridgeMetrics, newCounts } from './bridge-metrics.ts'
import type { Config } from './config.ts'
import { planSource } from './plan-source.ts'
import { podClock } from './pod-clock.ts'
import { connectRealtime } from './realtime-socket.ts'
import { relay } from './relay.ts'
import type { Relay } from './relay-ports.ts'
import { relayRegistry } from './relay-registry.ts'
import { socketPool } from './socket-pool.ts'
import { streamRoutes } from './stream-routes.ts'
import { tokenChecker } from './stream-token.ts'

/** A session's life begins with its creation: a warm socket is given back at this age. */
const warmSocketMs = 300_000
const startTimeoutMs = 5000
const sessionTimeoutMs = 5000
const usedTokenTtlMs = 120_000

/** Puts the service together. It does not listen yet. */
export async function buildApp({
  config,
  log,
  metrics,
  isStopping,
}: ServiceParts<Config>): Promise<BuiltService> {
  const podId = config.POD_ID ?? `${hostname()}-${process.pid}`.slice(-100)
  const podUrl = config.POD_URL ?? `http://${urlHost(listenHost(config))}:${config.PORT}`
  const counts = newCounts()
  const bus = await connectBus({
    url: config.NATS_URL,
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(config.NATS_PASSWORD === undefined ? {} : { password: config.NATS_PASSWORD }),
    name: `media-bridge ${podId}`,
    log,
    observer: metrics.bus,
  })
  const spool = factSpool({
    // What is published is typed by its channel; reading it again would cost more than sending it.
    publish: (fact) => bus.publish(fact, { checked: true }),
    counts,
    log,
    most: config.SPOOL_FACTS,
  })
  const pool = socketPool({
    connect: (model) =>
      connectRealtime(
        {
          url: config.OPENAI_REALTIME_URL,
          apiKey: config.OPENAI_API_KEY,
          authStyle: config.OPENAI_AUTH_STYLE,
          connectTimeoutMs: sessionTimeoutMs,
        },
        model,
        counts,
      ),
    warm: config.WARM_SOCKETS,
    maxAgeMs: warmSocketMs,
    firstModel: config.OPENAI_REALTIME_MODEL,
    failed: (err, model) => log.warn({ err, model }, 'no warm socket to the model'),
  })
  const tokens = tokenChecker({
    secret: config.STREAM_TOKEN_SECRET,
    used: bus.kv('stream-tokens', { ttlMs: usedTokenTtlMs }),
    degraded: (err) => log.warn({ err }, 'stream token checked without the bus'),
  })

  const answering = new Map<Relay, { stop(): void }>()
  const registry = relayRegistry({
    claimed(one) {
      const commands = answerBridgeCommands(bus, one)
      const epochs = bus.onLive(liveSubject(one.callId, epochSeen.what), epochSeen.schema, ({ epoch }) =>
        registry.seenElsewhere(one.callId, epoch),
      )
      bus.publishLive([one.callId, epochSeen.what], { epoch: one.epoch(), podId })
      answering.set(one, {
        stop() {
          commands.stop()
          void epochs.stop()
        },
      })
    },
    released(one) {
      answering.get(one)?.stop()
      answering.delete(one)
    },
  })
  const clock = podClock({ registry, pool, bus, podId, podUrl, capacity: config.MAX_CALLS, isStopping, log })
  const times = bridgeMetrics(metrics, counts, {
    calls: () => registry.size(),
    spoolDepth: () => spool.depth(),
    warmSockets: () => pool.size(),
    batch: () => clock.batch(),
  })

  const app = await buildHttp({
    log,
    metrics,
    checks: { bus: () => bus.isConnected(), taking: () => !isStopping() },
  })
  const open = (ws: WebSocket, socket: Duplex, callId: CallId): void => {
    const opened = relay(ws, socket, callId, {
      podId,
      bus,
      tokens,
      plans,
      pool,
      spool,
      counts,
      times,
      log,
      startTimeoutMs,
      sessionTimeoutMs,
      batch: () => clock.batch(),
      claim: (one) => registry.claim(one),
      released: (one) => registry.release(one),
    })
    registry.add(opened)
  }
  const plans = planSource({ bus, callControlUrl: config.CALL_CONTROL_URL })
  await app.ready()
  const stopUpgrades = streamRoutes(app.server, {
    publicUrl: config.PUBLIC_URL,
    authToken: config.TWILIO_AUTH_TOKEN,
    counts,
    refusal: () => (isStopping() ? 'stopping' : registry.size() >= config.MAX_CALLS ? 'full' : null),
    open,
  })

  return {
    app,
    async drain() {
      // Calls go on until they end by themselves, or the grace does; then their streams are closed.
      const reserveMs = Math.min(config.SPOOL_DRAIN_MS, config.STOP_GRACE_MS / 2)
      const over = new Promise((resolve) => setTimeout(resolve, config.STOP_GRACE_MS - reserveMs).unref())
      await Promise.race([registry.empty(), over])
      for (const one of [...registry.all()]) one.stop()
    },
    async close() {
      stopUpgrades()
      clock.stop()
      pool.close()
      const left = await spool.drain(config.SPOOL_DRAIN_MS)
      if (left > 0) log.error({ left }, 'facts lost: the bus did not take them')
      await bus.close()
    },
  }
}

const urlHost = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
