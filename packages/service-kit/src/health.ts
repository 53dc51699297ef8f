import type { FastifyPluginAsync } from 'fastify'
import type { Metrics } from './metrics.ts'

/** True when what it looks at works. */
export type ReadinessCheck = () => boolean | Promise<boolean>

export type HealthOptions = { metrics: Metrics; checks: Readonly<Record<string, ReadinessCheck>> }

const checkTimeoutMs = 1500

/**
 * `/healthz`: the process lives. `/readyz`: give it requests; every check by name, 503 when one fails.
 * `/metrics`: for Prometheus.
 */
export const health: FastifyPluginAsync<HealthOptions> = async (app, { metrics, checks }) => {
  app.get('/healthz', { schema: { hide: true } as object }, async () => ({ status: 'alive' }))

  app.get('/readyz', { schema: { hide: true } as object }, async (_request, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const),
    )
    const ready = results.every(([, passed]) => passed)
    return reply
      .status(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not-ready', checks: Object.fromEntries(results) })
  })

  app.get('/metrics', { schema: { hide: true } as object }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
}

async function passes(check: ReadinessCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), checkTimeoutMs)
  })
  try {
    return await Promise.race([Promise.resolve().then(check), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
