import { connectBus } from '@toritsugi/bus'
import { openDatabase } from '@toritsugi/db'
import {
  apiKeyAuth,
  type BuiltService,
  buildHttp,
  findKeyOverBus,
  type ServiceParts,
} from '@toritsugi/service-kit'
import type { HandoffConfig } from './config.ts'
import { listDesks } from './desk-repository.ts'
import { deskRoutes } from './desk-routes.ts'

/** Puts the service together. It listens to nobody before `main.ts` says so. */
export async function buildApp(parts: ServiceParts<HandoffConfig>): Promise<BuiltService> {
  const { config, log, metrics, isStopping } = parts
  const db = openDatabase({ url: config.DATABASE_URL, schema: 'handoff', log })
  const bus = await connectBus({
    url: config.NATS_URL,
    name: 'handoff',
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(config.NATS_PASSWORD === undefined ? {} : { password: config.NATS_PASSWORD }),
    log,
    observer: metrics.bus,
  }).catch(async (error: unknown) => {
    await db.close()
    throw error
  })
  const app = await buildHttp({
    log,
    metrics,
    checks: { database: () => db.isReachable(), bus: bus.isConnected, running: () => !isStopping() },
  })
  await app.register(async (api) => {
    await api.register(apiKeyAuth, { findKey: findKeyOverBus(bus) })
    deskRoutes(api, { listDesks: () => db.inTransaction(listDesks) })
  })
  return {
    app,
    async close() {
      await bus.close()
      await db.close()
    },
  }
}
