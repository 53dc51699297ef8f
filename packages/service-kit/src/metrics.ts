import type { BusObserver } from '@toritsugi/bus'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = {
  readonly registry: Registry
  /** Feeds the bus's counters and times. */
  readonly bus: BusObserver
  /** One HTTP answer; `route` is the pattern, never the address. */
  http(method: string, route: string, status: number, ms: number): void
  /** Asked at each scrape what waits in the outbox; while that cannot be told the gauges are NaN. */
  outbox(backlog: () => Promise<{ rows: number; oldestMs: number }>): void
}

const buckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 15_000]

/** A registry with the process's own metrics, for one service. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const busCount = new Counter({
    name: 'toritsugi_bus_events_total',
    help: 'What happened on the bus, by kind and by consumer, type of fact or command',
    labelNames: ['what', 'name'],
    registers,
  })
  const busTook = new Histogram({
    name: 'toritsugi_bus_ms',
    help: 'Milliseconds of publishing, handling, asking, answering, and from fact to stream',
    labelNames: ['what', 'name'],
    buckets,
    registers,
  })
  const http = new Histogram({
    name: 'toritsugi_http_ms',
    help: 'Milliseconds of HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers,
  })
  return {
    registry,
    bus: {
      count: (what, name) => busCount.inc({ what, name }),
      took: (what, name, ms) => busTook.observe({ what, name }, ms),
    },
    http: (method, route, status, ms) => http.observe({ method, route, status }, ms),
    outbox(backlog) {
      type Backlog = Awaited<ReturnType<typeof backlog>>
      const gauge = (name: string, help: string, read: (waiting: Backlog) => number) =>
        new Gauge({
          name: `toritsugi_outbox_${name}`,
          help,
          registers,
          async collect() {
            this.set(await backlog().then(read, () => Number.NaN))
          },
        })
      gauge('rows', 'Facts that are committed and not yet on the bus', ({ rows }) => rows)
      gauge('oldest_ms', 'Milliseconds the oldest of them has waited', ({ oldestMs }) => oldestMs)
    },
  }
}
