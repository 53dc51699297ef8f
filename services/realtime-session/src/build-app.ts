import { type Bus, connectBus, type Subscription, startOutboxRelay } from '@toritsugi/bus'
import { AssistantContent, openSession, type PlanReply, planSession, runTool } from '@toritsugi/contracts'
import { type Database, openDatabase, outboxStore, startHousekeeping } from '@toritsugi/db'
import {
  apiKeyAuth,
  type BuiltService,
  buildHttp,
  findKeyOverBus,
  type Logger,
  type ServiceParts,
} from '@toritsugi/service-kit'
import {
  addVersion,
  ensureDefaultAssistant,
  findVersion,
  listNewest,
  newestVersion,
} from './assistant-repository.ts'
import { assistantRoutes } from './assistant-routes.ts'
import { findCall } from './call-repository.ts'
import { createCatchUp } from './catch-up.ts'
import { modelOrNull, pricesOf, privateHostsOf, type SessionConfig } from './config.ts'
import { modelWarning } from './core/models.ts'
import { consumeDialogueFacts, dialogueFamilies } from './dialogue-events.ts'
import { dialogueBefore, haveApplied, recordDialogue } from './dialogue-repository.ts'
import { keepOverBus } from './message-keeping.ts'
import { createPlanCommands, type PlanCommands } from './plan-commands.ts'
import { planStore } from './plan-repository.ts'
import { createToolCommands } from './tool-commands.ts'
import { runStore } from './tool-run-repository.ts'
import { createArgumentChecker } from './tools/argument-check.ts'
import { faultsOfTools } from './tools/declaration-check.ts'
import { exchange } from './tools/http-exchange.ts'
import { builtInNames, createToolSet } from './tools/tool-set.ts'
import { consumeUsageFacts } from './usage-events.ts'
import { usageStore } from './usage-repository.ts'

/** Puts the service together. It listens to nobody before `main.ts` says so. */
export async function buildApp(parts: ServiceParts<SessionConfig>): Promise<BuiltService> {
  const { config, log, metrics, isStopping } = parts
  const db = openDatabase({ url: config.DATABASE_URL, schema: 'realtime_session', log })
  const bus = await connectBus({
    url: config.NATS_URL,
    name: 'realtime-session',
    ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
    ...(config.NATS_PASSWORD === undefined ? {} : { password: config.NATS_PASSWORD }),
    log,
    observer: metrics.bus,
  }).catch(async (error: unknown) => {
    await db.close()
    throw error
  })
  await prepareAssistants(db, config, log)

  const checker = createArgumentChecker()
  const policy = { privateHosts: privateHostsOf(config) }
  const toolSet = createToolSet({
    keepMessage: keepOverBus(bus, log),
    exchange: (question, signal) => exchange(question, { policy, signal }),
  })
  const catchUp = createCatchUp({
    lastStored: (callId) => bus.lastStored(callId, dialogueFamilies),
    haveApplied: (ids) => haveApplied(db, ids),
    log,
  })
  const plans = createPlanCommands({
    store: planStore(db),
    policy: {
      realtimeEnabled: config.REALTIME_ENABLED,
      model: modelOrNull(config.OPENAI_REALTIME_MODEL) ?? '',
      transcriptionModel: modelOrNull(config.OPENAI_TRANSCRIPTION_MODEL),
      maxOutputTokens: 'inf',
      slowToolMs: config.SLOW_TOOL_MS,
    },
    plannedTools: toolSet.plannedTools,
    catchUp: async (callId) => {
      await catchUp(callId)
    },
    dialogueBefore: dialogueBefore(db),
    log,
  })
  const tools = createToolCommands({
    runs: runStore(db),
    planOf: plans.planOf,
    async toolsOf({ assistantId, assistantVersion }: PlanReply) {
      const assistant = await db.inTransaction((tx) => findVersion(tx, assistantId, assistantVersion))
      return assistant === null ? [] : toolSet.toolsOf(assistant.content)
    },
    openedEpoch: async (callId) => (await db.inTransaction((tx) => findCall(tx, callId)))?.openedEpoch ?? 0,
    checker,
    log,
  })

  const subscriptions = await subscribe({ bus, db, plans, tools, config, log })
  const outbox = outboxStore(db, { log })
  metrics.outbox(outbox.backlog)
  const relay = startOutboxRelay({ store: outbox, bus, log, observer: metrics.bus })

  const housekeeping = startHousekeeping({ db, log })

  const app = await buildHttp({
    log,
    metrics,
    checks: { database: () => db.isReachable(), bus: bus.isConnected, running: () => !isStopping() },
  })
  await app.register(async (api) => {
    await api.register(apiKeyAuth, { findKey: findKeyOverBus(bus) })
    assistantRoutes(api, {
      listNewest: () => db.inTransaction(listNewest),
      newestVersion: (id) => db.inTransaction((tx) => newestVersion(tx, id)),
      addVersion: (id, content) => db.inTransaction((tx) => addVersion(tx, id, content)),
      faultsOf: (content) => faultsOfTools(content, checker, builtInNames),
      log,
    })
  })
  return {
    app,
    // Tools that run are waited for: their answers are wanted on a line that is still open.
    drain: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop(config.STOP_GRACE_MS)))
    },
    async close() {
      await relay.stop()
      await housekeeping.stop()
      await bus.close()
      await db.close()
    },
  }
}

/** Everything this service hears on the bus. */
async function subscribe(deps: {
  bus: Bus
  db: Database
  plans: PlanCommands
  tools: ReturnType<typeof createToolCommands>
  config: SessionConfig
  log: Logger
}): Promise<Subscription[]> {
  const { bus, db, plans, tools, config, log } = deps
  const facts = await Promise.all([
    consumeDialogueFacts({ bus, record: (fact) => recordDialogue(db, fact), log }),
    consumeUsageFacts({
      bus,
      store: usageStore(db),
      prices: pricesOf(config),
      carrier: {
        inboundPerMinute: config.CARRIER_INBOUND_USD_PER_MINUTE,
        outboundPerMinute: config.CARRIER_OUTBOUND_USD_PER_MINUTE,
      },
      log,
    }),
  ])
  return [
    ...facts,
    bus.answer(planSession, plans.plan),
    bus.answer(openSession, plans.open),
    // Each may wait for an endpoint of somebody else's for half a minute.
    bus.answer(runTool, tools.runTool, { parallel: 500 }),
  ]
}

/** Makes the default assistant at the first start, and warns of models that end, have ended or are not known. */
async function prepareAssistants(db: Database, config: SessionConfig, log: Logger): Promise<void> {
  if (await db.inTransaction((tx) => ensureDefaultAssistant(tx, defaultContent(config)))) {
    log.info({ language: config.DEFAULT_LANGUAGE }, 'default assistant made')
  }
  const assistants = await db.inTransaction(listNewest)
  const at = new Date().toISOString()
  const configured = modelOrNull(config.OPENAI_REALTIME_MODEL)
  const transcription = modelOrNull(config.OPENAI_TRANSCRIPTION_MODEL)
  const speech = new Set([configured, ...assistants.map(({ content }) => content.model)])
  const warnings = [
    ...(configured === null ? ['no speech model is configured: callers hear an apology'] : []),
    ...[...speech].flatMap((model) => (model === null ? [] : [modelWarning(model, 'speech', at)])),
    ...(transcription === null ? [] : [modelWarning(transcription, 'transcription', at)]),
  ]
  for (const why of warnings) if (why !== null) log.warn({ why }, 'look at the configured models')
}

/** The assistant that answers before anybody has written one. */
function defaultContent(config: SessionConfig): AssistantContent {
  return AssistantContent.parse({
    name: 'Default',
    voice: config.OPENAI_REALTIME_VOICE,
    settings: {
      companyName: config.COMPANY_NAME,
      representativeName: config.REPRESENTATIVE_NAME,
      greeting: config.GREETING,
      language: config.DEFAULT_LANGUAGE,
    },
  })
}
