import { performance } from 'node:perf_hooks'
import type { Bus } from '@toritsugi/bus'
import { type PodHeartbeat, podHeartbeat } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import { type Batch, nextBatch } from './core/load.ts'
import type { RelayRegistry } from './relay-registry.ts'
import type { SocketPool } from './socket-pool.ts'

const tickMs = 100
const ticksPerBeat = 10

/** The one timer of the pod: ticks every call, tends the pool, says what is held. */
export type PodClock = {
  /** How many appends go into one write now. */
  batch(): Batch
  stop(): void
}

export function podClock(parts: {
  registry: RelayRegistry
  pool: SocketPool
  bus: Pick<Bus, 'publishLive'>
  podId: string
  podUrl: string
  capacity: number
  isStopping(): boolean
  log: Logger
}): PodClock {
  const { registry, pool, bus, podId, podUrl, capacity, isStopping, log } = parts
  let batch: Batch = 1
  let ticks = 0
  let load = performance.eventLoopUtilization()

  const beat = (): void => {
    const heartbeat: PodHeartbeat = {
      podId,
      url: podUrl,
      at: new Date().toISOString(),
      capacity,
      free: isStopping() ? 0 : Math.max(0, capacity - registry.size()),
      draining: isStopping(),
      calls: registry.held(),
    }
    bus.publishLive(podHeartbeat.subject.split('.').slice(2), heartbeat)
  }

  const tick = (): void => {
    const now = performance.now()
    ticks++
    const current = performance.eventLoopUtilization()
    batch = nextBatch(batch, performance.eventLoopUtilization(current, load).utilization)
    load = current
    for (const relay of registry.all()) {
      try {
        relay.tick(now)
      } catch (err) {
        // One call's bug is not the others'.
        log.error({ err, callId: relay.callId }, 'tick broke')
      }
    }
    if (ticks % ticksPerBeat !== 0) return
    pool.tend(now)
    beat()
  }
  const timer = setInterval(tick, tickMs)
  beat()
  return {
    batch: () => batch,
    stop: () => clearInterval(timer),
  }
}
