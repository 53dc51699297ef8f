import { type Bus, connectBus, startOutboxRelay } from '@toritsugi/bus'
import { type CallId, callFamilies, Fault, planSession, podHeartbeat } from '@toritsugi/contracts'
import {
  answerOnce,
  applyInOrder,
  type Database,
  isDatabaseAway,
  openDatabase,
  outboxStore,
  setTimer,
  startHousekeeping,
  startTimerRunner,
  type Tx,
} from '@toritsugi/db'
import type { BuiltService, Logger, Metrics, ServiceParts } from '@toritsugi/service-kit'
import { findKey, insertFirstKey } from './api-key-repository.ts'
import { lookUpArrival } from './arrival-repository.ts'
import { answerBusCommands } from './bus-commands.ts'
import { createCallCommands } from './call-commands.ts'
import { takeCallFact } from './call-events.ts'
import { buildCallHttp } from './call-http.ts'
import { createCallNotes } from './call-notes.ts'
import { callExists, findCalledNumber, findCallId } from './call-repository.ts'
import { createCallRunner } from './call-runner.ts'
import { callStore } from './call-store-repository.ts'
import { findCall, listCalls } from './call-view-repository.ts'
import type { Carrier } from './carrier.ts'
import { twilioCarrier } from './carriers/twilio/twilio-carrier.ts'
import type { CallControlConfig } from './config.ts'
import { ensurePhoneNumber } from './contact-repository.ts'
import { addCost } from './cost-repository.ts'
import { within } from './deadline.ts'
import { createDegradedCalls } from './degraded-calls.ts'
import { createDocumentAnswers } from './document-answers.ts'
import { callDocuments } from './documents.ts'
import { keepPreparing, prepareFirstStart } from './first-start.ts'
import { findKnownPlan, saveKnownPlan } from './known-plan-repository.ts'
import { writeLateCall } from './late-call-repository.ts'
import { createLateCalls } from './late-calls.ts'
import { endStreamsOfPod } from './lost-pods.ts'
import { insertMessage } from './message-repository.ts'
import { createMessages } from './messages.ts'
import { createPlans } from './plans.ts'
import { createPods } from './pods.ts'
import { markRescued, mayRescue } from './rescue-repository.ts'
import { startRhythm } from './rhythm.ts'
import { streamTokens } from './stream-token.ts'
import { addToTimeline } from './timeline-repository.ts'
import { createTimers } from './timers.ts'
import { answerWebhookOnce, pruneWebhookAnswers } from './webhook-answer-repository.ts'

/** Puts the service together from its configuration. It listens to nobody before `main.ts` says so. */
export async function buildApp(parts: ServiceParts<CallControlConfig>): Promise<BuiltService> {
  const { config, log, metrics } = parts
  const db = openDatabase({ url: config.DATABASE_URL, schema: 'call_control', log, poolSize: 16 })
  try {
    const bus = await connectBus({
      url: config.NATS_URL,
      name: 'call-control',
      ...(config.NATS_USER === undefined ? {} : { user: config.NATS_USER }),
      ...(config.NATS_PASSWORD === undefined ? {} : { password: config.NATS_PASSWORD }),
      log,
      observer: metrics.bus,
    })
    const carrier = twilioCarrier({
      accountSid: config.TWILIO_ACCOUNT_SID,
      authToken: config.TWILIO_AUTH_TOKEN,
      apiUrl: config.TWILIO_API_URL,
    })
    return await assemble({ ...parts, db, bus, carrier })
  } catch (error) {
    await db.close()
    throw error
  }
}

export type CallControlParts = {
  config: CallControlConfig
  log: Logger
  metrics: Metrics
  isStopping(): boolean
  db: Database
  bus: Bus
  carrier: Carrier
}

/** The same from parts that are open already. It closes them. */
export async function assemble(parts: CallControlParts): Promise<BuiltService> {
  const { config, log, metrics, isStopping, db, bus, carrier } = parts
  const { PUBLIC_URL: publicUrl, DEFAULT_LANGUAGE: defaultLanguage } = config
  const now = (): Date => new Date()
  const warn = (fields: object, message: string): void => log.warn(fields, message)
  const { inTransaction } = db

  // ---- what calls are made of
  const tokens = streamTokens(config.STREAM_TOKEN_SECRET)
  const documents = callDocuments({ publicUrl, messageMaxSeconds: config.MESSAGE_MAX_SECONDS })
  const plans = createPlans({
    async ask(question) {
      const reply = await bus.request(planSession, question, { key: `plan:${question.callId}` })
      if (!reply.ok) warn({ callId: question.callId, code: reply.code }, 'no plan was given')
      return reply.ok ? reply.value : null
    },
    find: (number) =>
      within(
        300,
        'database.unavailable',
        inTransaction((tx) => findKnownPlan(tx, number, 'realtime')),
      ),
    save: (number, plan) => inTransaction((tx) => saveKnownPlan(tx, number, plan, now())),
    warn,
    defaultLanguage,
  })
  const pods = createPods({
    isHearing: bus.isConnected,
    async probe(url) {
      const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(500) })
      return response.ok
    },
    lost(calls, podId) {
      log.warn({ podId, calls: calls.length }, 'pod lost')
      void endStreamsOfPod(calls, { perform, warn, now })
    },
  })

  // ---- stepping them
  const store = callStore(db)
  const commands = createCallCommands({
    carrier,
    publicUrl,
    perform: (callId, event) => perform(callId, event),
    isHeld: (callId) => pods.holds(callId) !== false,
    log,
  })
  const { play, receive, perform } = createCallRunner<Tx>({ store, act: commands.act })
  const late = createLateCalls({
    plans,
    pods,
    tokens,
    documents,
    write: (call) => inTransaction((tx) => writeLateCall(tx, call, { receive, record: messages.record })),
    warn,
    error: (fields, message) => log.error(fields, message),
  })
  const messages = createMessages<Tx>({
    inTransaction,
    receive,
    insertMessage,
    play,
    late,
    documents,
    defaultLanguage,
  })
  const answerDocument = createDocumentAnswers<Tx>({
    inTransaction,
    lookUp: (arrival, key) => read(lookUpArrival(db.client, arrival, key)),
    answerOnce: answerWebhookOnce,
    receive,
    plans,
    pods,
    tokens,
    documents,
    late,
    warn,
  })
  const markDegraded = createDegradedCalls({ perform, late })
  const note = createCallNotes<Tx>({ inTransaction, receive, play, act: commands.act, late })

  // ---- what comes over the bus
  answerBusCommands<Tx>({
    bus,
    inTransaction,
    answerOnce: (tx, key, make) => answerOnce(tx, 'call_control', key, make),
    play,
    insertMessage,
    findKey: (keyHash) => inTransaction((tx) => findKey(tx, keyHash)),
  })
  const families = callFamilies.filter((family) => family !== 'lifecycle')
  const facts = await bus.on({
    durable: 'call-control',
    families,
    handle: (envelope, arrival) =>
      takeCallFact<Tx>(
        {
          inTransaction,
          applyInOrder: (tx, fact, effect) =>
            applyInOrder(tx, 'call_control', 'call-control', fact, arrival, effect),
          play,
          exists: (callId) => callExists(db.client, callId),
          addToTimeline,
          addCost,
        },
        envelope,
      ),
  })
  bus.onLive(podHeartbeat.subject, podHeartbeat.schema, pods.beat)
  const outbox = outboxStore(db, { log })
  metrics.outbox(outbox.backlog)
  const relay = startOutboxRelay({ store: outbox, bus, log, observer: metrics.bus })

  // ---- what happens by itself
  const timers = createTimers<Tx>({
    play,
    mayRescue,
    markRescued,
    postpone: (tx, { key, kind, body }, dueAt) => setTimer(tx, 'call_control', { key, kind, body, dueAt }),
    isHeld: (callId) => pods.holds(callId) === true,
    act: commands.act,
  })
  const timerRunner = startTimerRunner({
    db,
    log,
    handle: timers.handle,
    observe: (event, timer) => {
      if (event === 'fired') timers.committed(timer)
    },
  })
  const housekeeping = startHousekeeping({ db, log })
  const failed = (what: string) => (err: unknown) => warn({ err }, what)
  const rhythms = [
    startRhythm(500, () => pods.watch(), failed('pods cannot be watched')),
    startRhythm(500, () => late.flush(), failed('late calls cannot be written')),
    startRhythm(
      600_000,
      () => inTransaction((tx) => pruneWebhookAnswers(tx)),
      failed('old webhook answers could not be forgotten'),
    ),
  ]
  const firstStart = await keepPreparing(
    () =>
      prepareFirstStart<Tx>({
        inTransaction,
        insertFirstKey,
        ensurePhoneNumber,
        defaultNumber: config.DEFAULT_PHONE_NUMBER ?? null,
        keyFile: config.PROFILE === 'local' ? (config.FIRST_API_KEY_FILE ?? null) : null,
        print: (text) => process.stderr.write(text),
      }),
    failed('database cannot be prepared yet'),
  )

  const app = await buildCallHttp({
    log,
    metrics,
    isStopping,
    webhooks: {
      publicUrl,
      authToken: config.TWILIO_AUTH_TOKEN,
      defaultNumber: config.DEFAULT_PHONE_NUMBER ?? null,
      findCallId: (carrierCallId) => inTransaction((tx) => findCallId(tx, carrierCallId)),
      answerDocument,
      note,
      keepMessage: messages.keep,
    },
    plans: {
      readToken: tokens.readOpened,
      async planOf(callId, claims) {
        const number = claims.degraded?.to ?? (await calledNumber(db, callId))
        return plans.openReply(callId, number)
      },
      markDegraded(claims) {
        void markDegraded(claims).catch(failed('call cannot be marked degraded'))
      },
    },
    calls: {
      listCalls: (filter) => inTransaction((tx) => listCalls(tx, filter)),
      findCall: (callId) => inTransaction((tx) => findCall(tx, callId)),
    },
    findKey: (keyHash) => inTransaction((tx) => findKey(tx, keyHash)),
  })

  return {
    app,
    async close() {
      firstStart.stop()
      await facts.stop()
      await timerRunner.stop()
      await Promise.all(rhythms.map((rhythm) => rhythm.stop()))
      await commands.idle()
      await late.flush()
      await housekeeping.stop()
      await relay.stop()
      await bus.close()
      await db.close()
    },
  }
}

/** What a single statement outside a transaction answers. @throws Fault `database.unavailable` */
async function read<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (cause) {
    throw isDatabaseAway(cause) ? new Fault('database.unavailable', { cause }) : cause
  }
}

/** The number that was called, or null when it cannot be read now. */
function calledNumber(db: Database, callId: CallId): Promise<string | null> {
  const read = db.inTransaction((tx) => findCalledNumber(tx, callId))
  return within(500, 'database.unavailable', read).catch(() => null)
}
