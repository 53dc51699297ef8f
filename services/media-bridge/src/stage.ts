import { type AddressInfo, createServer } from 'node:net'
import { type Bus, connectBus, no, ok } from '@toritsugi/bus'
import {
  type CallId,
  intendCall,
  openSession,
  runTool,
  type SessionPlan,
  type ToolReply,
} from '@toritsugi/contracts'
import { createLogger, createMetrics, readConfig } from '@toritsugi/service-kit'
import {
  type Carrier,
  type CarrierFault,
  type Model,
  type ModelOptions,
  startCarrier,
  startModel,
} from '@toritsugi/simulators'
import { buildApp } from './build-app.ts'
import { configSchema } from './config.ts'
import { stagePlan } from './stage-plan.ts'
import { openStageWeb, streamSecret, streamToken, type TokenClaims } from './stage-web.ts'
import { type StagedCall, stageCall, type Told } from './staged-call.ts'

/** What stands around the bridge in its integration tests: a carrier, a model, and who answers its commands. */

export const authToken = 'stage-auth-token'
const ourNumber = '+81312345678'
const callerNumber = '+14155550100'

export type Stage = {
  carrier: Carrier
  model: Model
  bus: Bus
  /** Where the bridge listens. */
  url: string
  /** Changes what every call from now on is planned to be. */
  plan: Partial<SessionPlan>
  /** How tools are answered, by name. */
  tools: Record<string, (given: string) => Promise<ToolReply> | ToolReply>
  dial(options?: { faults?: readonly CarrierFault[] }): StagedCall
  /** A token as call-control makes it. */
  token(claims: TokenClaims): Promise<string>
  metrics(): Promise<string>
  /** Tells the bridge to stop, as SIGTERM does. */
  stopBridge(graceMs?: number): Promise<void>
  close(): Promise<void>
}

export async function openStage(
  natsUrl: string,
  options: { model?: ModelOptions; env?: Record<string, string>; log?: string } = {},
): Promise<Stage> {
  const model = await startModel(options.model)
  const bridgePort = await freePort()
  const url = `http://127.0.0.1:${bridgePort}`
  const calls = new Map<CallId, StagedCall>()
  const stage = { plan: {}, tools: {} } as Pick<Stage, 'plan' | 'tools'>

  const web = await openStageWeb(url)
  const carrier = await startCarrier({
    accountSid: `AC${'0'.repeat(32)}`,
    authToken,
    allowInsecureStreams: true,
    numbers: [{ phoneNumber: ourNumber, voiceUrl: `${web.url}/voice` }],
  })

  const bus = await connectBus({ url: natsUrl, name: 'stage' })
  const answering = [
    bus.answer(openSession, async ({ callId, epoch }) => {
      const call = calls.get(callId)
      if (call === undefined) return no('call.not-found')
      return ok({ plan: { ...stagePlan(callId), ...stage.plan }, dialogue: epoch > 1 ? call.dialogue : [] })
    }),
    bus.answer(runTool, async ({ name, arguments: given }) => {
      const tool = stage.tools[name]
      if (tool !== undefined) return ok(await tool(given))
      return name === 'end-call'
        ? ok({ outcome: 'done', output: '{"ok":true}', next: { what: 'end-call', farewell: null } })
        : no('tool.unknown')
    }),
    bus.answer(intendCall, async ({ callId, epoch, what, reason }) => {
      calls.get(callId)?.intents.push({ epoch, what, reason })
      return ok({})
    }),
  ]
  const listening = await bus.on({
    durable: `stage-${bridgePort}`,
    families: ['media', 'turn', 'tool', 'usage'],
    from: 'new',
    async handle(envelope) {
      calls.get(envelope.subject as CallId)?.store(envelope as Told)
    },
  })

  const config = readConfig(configSchema, {
    PROFILE: 'local',
    PORT: String(bridgePort),
    NATS_URL: natsUrl,
    PUBLIC_URL: url,
    TWILIO_AUTH_TOKEN: authToken,
    STREAM_TOKEN_SECRET: streamSecret,
    OPENAI_API_KEY: model.apiKey,
    OPENAI_REALTIME_URL: model.url,
    WARM_SOCKETS: '0',
    LOG_LEVEL: 'silent',
    ...options.env,
  })
  const metrics = createMetrics('media-bridge')
  const state = { stopping: false }
  const log = createLogger({
    service: 'media-bridge',
    level: options.log ?? process.env.STAGE_LOG ?? 'silent',
  })
  const bridge = await buildApp({ config, log, metrics, isStopping: () => state.stopping })
  await bridge.app.listen({ host: '127.0.0.1', port: bridgePort })

  return Object.assign(stage, {
    carrier,
    model,
    bus,
    url,
    dial({ faults = [] }: { faults?: readonly CarrierFault[] } = {}) {
      const phone = carrier.dialIn({ from: callerNumber, to: ourNumber, faults })
      const call = stageCall(phone)
      calls.set(call.callId, call)
      web.expect(call)
      return call
    },
    token: streamToken,
    metrics: () => metrics.registry.metrics(),
    async stopBridge() {
      state.stopping = true
      await bridge.drain?.()
      await bridge.app.close()
      await bridge.close?.()
    },
    async close() {
      await carrier.stop()
      if (!state.stopping) {
        state.stopping = true
        await bridge.drain?.()
        await bridge.app.close()
        await bridge.close?.()
      }
      await listening.stop()
      for (const subscription of answering) await subscription.stop()
      await bus.close()
      await model.stop()
      await web.close()
    },
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
