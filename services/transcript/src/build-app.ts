import { connectBus, startOutboxRelay } from '@toritsugi/bus'
import { openDatabase, outboxStore, startHousekeeping, startTimerRunner } from '@toritsugi/db'
import {
  apiKeyAuth,
  type BuiltService,
  buildHttp,
  findKeyOverBus,
  type ServiceParts,
} from '@toritsugi/service-kit'
import type { TranscriptConfig } from './config.ts'
import { consumeTranscriptFacts } from './transcript-events.ts'
import { expireLastFacts, transcriptStore } from './transcript-repository.ts'
import { transcriptRoutes } from './transcript-routes.ts'
import { createTranscriptRunner, logCompleted } from './transcript-runner.ts'

/** Puts the service together. It listens to nobody before `main.ts` says so. */
export async function buildApp(parts: ServiceParts<TranscriptConfig>): Promise<BuiltService> {
  const { config, log, metrics, isStopping } = parts
  const db = openDatabase({ url: config.DATABASE_URL, schema: 'transcript', log })
  const bus = await connectBus({
    url: config.NATS_URL,
    name: 'transcript',
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(config.NATS_PASSWORD === undefined ? {} : { password: config.NATS_PASSWORD }),
    log,
    observer: metrics.bus,
  }).catch(async (error: unknown) => {
    await db.close()
    throw error
  })

  const runner = createTranscriptRunner({ store: transcriptStore(db), log })
  const facts = await consumeTranscriptFacts({ bus, applyFact: runner.applyFact, log })
  const outbox = outboxStore(db, { log })
  metrics.outbox(outbox.backlog)
  const relay = startOutboxRelay({ store: outbox, bus, log, observer: metrics.bus })
  const housekeeping = startHousekeeping({ db, log })
  const timers = startTimerRunner({
    db,
    log,
    async handle(tx, timer) {
      const completed = await expireLastFacts(tx, timer)
      if (completed !== null) logCompleted(log, completed)
    },
  })

  const app = await buildHttp({
    log,
    metrics,
    checks: { database: () => db.isReachable(), bus: bus.isConnected, running: () => !isStopping() },
  })
  await app.register(async (api) => {
    await api.register(apiKeyAuth, { findKey: findKeyOverBus(bus) })
    transcriptRoutes(api, { findTranscript: runner.find })
  })
  return {
    app,
    drain: () => facts.stop(config.STOP_GRACE_MS),
    async close() {
      await timers.stop()
      await housekeeping.stop()
      await relay.stop()
      await bus.close()
      await db.close()
    },
  }
}
