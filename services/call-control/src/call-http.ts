import {
  apiKeyAuth,
  buildHttp,
  type FindKey,
  type Http,
  type Logger,
  type Metrics,
} from '@toritsugi/service-kit'
import { type CallRoutesOptions, callRoutes } from './call-routes.ts'
import { type PlanRoutesOptions, planRoutes } from './plan-routes.ts'
import { type TwilioRoutesOptions, twilioRoutes } from './twilio-routes.ts'

export type CallHttpOptions = {
  log: Logger
  metrics: Metrics
  isStopping(): boolean
  webhooks: TwilioRoutesOptions
  plans: PlanRoutesOptions
  calls: CallRoutesOptions
  findKey: FindKey
}

/** Everything the service answers over HTTP: the carrier's webhooks, pods that lost the bus, and operators. */
export async function buildCallHttp(options: CallHttpOptions): Promise<Http> {
  const { log, metrics, isStopping, findKey } = options
  const app = await buildHttp({
    log,
    metrics,
    // Calls are answered without database and bus too: their absence is no reason to keep webhooks away.
    checks: { running: () => !isStopping() },
  })
  await app.register(async (carrier) => twilioRoutes(carrier, options.webhooks))
  await app.register(async (pods) => planRoutes(pods, options.plans))
  await app.register(async (api) => {
    await api.register(apiKeyAuth, { findKey })
    await callRoutes(api, options.calls)
  })
  return app
}
