import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type Bus, connectBus, no, ok } from '@toritsugi/bus'
import {
  type CallId,
  type DialogueItem,
  type Envelope,
  type FactData,
  type FactType,
  intendCall,
  newId,
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
  type Phone,
  startCarrier,
  startModel,
} from '@toritsugi/simulators'
import { SignJWT } from 'jose'
import { buildApp } from './build-app.ts'
import { configSchema } from './config.ts'

/** What stands around the bridge in its integration tests: a carrier, a model, and who answers its commands. */

export const streamSecret = 'a secret of the stage, long enough'
export const authToken = 'stage-auth-token'
const ourNumber = '+81312345678'
const callerNumber = '+14155550100'

export type Told<Type extends FactType = FactType> = Omit<Envelope, 'type' | 'data'> & {
  type: Type
  data: FactData<Type>
}

export type StagedCall = {
  callId: CallId
  phone: Phone
  /** Facts of this call so far, in the order they were stored. */
  facts: Told[]
  told<Type extends FactType>(type: Type): Told<Type>[]
  /** The first fact, past or future, of this type that passes the test. */
  waitForFact<Type extends FactType>(
    type: Type,
    test?: (data: FactData<Type>) => boolean,
    timeoutMs?: number,
  ): Promise<Told<Type>>
  /** What the bridge committed for the end of its streams. */
  intents: { epoch: number; what: string; reason: string }[]
  /** What the next streams of this call are told of what was said. */
  dialogue: DialogueItem[]
  /** What `/continue` answers, in turn; then it hangs up. */
  continues: ('reconnect' | 'hang-up')[]
  epoch: number
}

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
  token(claims: {
    callId: CallId
    callSid: string
    epoch?: number
    lifeS?: number
    jti?: string
  }): Promise<string>
  metrics(): Promise<string>
  /** Tells the bridge to stop, as SIGTERM does. */
  stopBridge(graceMs?: number): Promise<void>
  close(): Promise<void>
}

export const stagePlan = (callId: CallId): SessionPlan => ({
  callId,
  assistantId: `asst_${'1'.repeat(32)}` as SessionPlan['assistantId'],
  assistantVersion: 1,
  language: 'en-US',
  model: 'gpt-realtime-2.1',
  accepts: { reasoning: true, parallelToolCalls: true },
  voice: 'marin',
  instructions: 'You answer the telephone of a bakery, in English.',
  tools: [
    {
      name: 'end-call',
      description: 'Ends the call.',
      parameters: { type: 'object', properties: {} },
      timeoutMs: 2000,
    },
    {
      name: 'look-up',
      description: 'Looks something up.',
      parameters: { type: 'object', properties: {} },
      timeoutMs: 5000,
    },
  ],
  turnDetection: { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 },
  transcription: { model: 'gpt-4o-mini-transcribe', language: 'en' },
  maxOutputTokens: 4096,
  greeting: 'Hello, this is the bakery.',
  phrases: {
    filler: 'One moment please.',
    bridging: 'Sorry, I am back.',
    reprompt: 'Are you still there?',
    goodbye: 'Goodbye then.',
  },
  callerSilence: { repromptAfterMs: 20_000, reprompts: 1 },
  slowToolMs: 1500,
})

export async function openStage(
  natsUrl: string,
  options: { model?: ModelOptions; env?: Record<string, string>; log?: string } = {},
): Promise<Stage> {
  const model = await startModel(options.model)
  const bridgePort = await freePort()
  const url = `http://127.0.0.1:${bridgePort}`
  const calls = new Map<CallId, StagedCall>()
  const bySid = new Map<string, StagedCall>()
  const stage = { plan: {}, tools: {} } as Pick<Stage, 'plan' | 'tools'>

  const token: Stage['token'] = ({ callId, callSid, epoch = 1, lifeS = 60, jti = newId('evt') }) =>
    new SignJWT({ callId, callSid, epoch })
      .setProtectedHeader({ alg: 'HS256' })
      .setJti(jti)
      .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS)
      .sign(new TextEncoder().encode(streamSecret))

  const connectTwiml = async (call: StagedCall, callSid: string): Promise<string> => {
    const value = await token({ callId: call.callId, callSid, epoch: call.epoch })
    const stream = `${url.replace('http', 'ws')}/api/twilio/media-stream/${call.callId}`
    return (
      `<Response><Connect action="/continue"><Stream url="${stream}">` +
      `<Parameter name="token" value="${value}"/></Stream></Connect></Response>`
    )
  }

  const waitingForCall: StagedCall[] = []
  const web = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    const callSid = form.get('CallSid') ?? ''
    let twiml = '<Response/>'
    if (request.url === '/voice') {
      const call = waitingForCall.shift()
      if (call !== undefined) {
        bySid.set(callSid, call)
        twiml = await connectTwiml(call, callSid)
      }
    } else if (request.url === '/continue') {
      const call = bySid.get(callSid)
      if (call?.continues.shift() === 'reconnect') {
        call.epoch++
        twiml = await connectTwiml(call, callSid)
      } else twiml = '<Response><Hangup/></Response>'
    }
    response.writeHead(200, { 'content-type': 'text/xml' }).end(twiml)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  const webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  const carrier = await startCarrier({
    accountSid: `AC${'0'.repeat(32)}`,
    authToken,
    allowInsecureStreams: true,
    numbers: [{ phoneNumber: ourNumber, voiceUrl: `${webUrl}/voice` }],
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
  const waiting = new Set<() => void>()
  const listening = await bus.on({
    durable: `stage-${bridgePort}`,
    families: ['media', 'turn', 'tool', 'usage'],
    from: 'new',
    async handle(envelope) {
      calls.get(envelope.subject as CallId)?.facts.push(envelope as Told)
      for (const look of waiting) look()
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

  const stageCall = (phone: Phone): StagedCall => {
    const callId = newId('call')
    const call: StagedCall = {
      callId,
      phone,
      facts: [],
      told: (type) => call.facts.filter((fact) => fact.type === type) as never,
      waitForFact: (type, test = () => true, timeoutMs = 15_000) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = call.told(type).find(({ data }) => test(data))
            if (found === undefined) return
            clearTimeout(timer)
            waiting.delete(look)
            resolve(found)
          }
          const timer = setTimeout(() => {
            waiting.delete(look)
            const told = call.facts.map((fact) => fact.type).join(' ')
            reject(new Error(`${type} was not told within ${timeoutMs} ms, but: ${told}`))
          }, timeoutMs)
          waiting.add(look)
          look()
        }),
      intents: [],
      dialogue: [],
      continues: [],
      epoch: 1,
    }
    calls.set(callId, call)
    return call
  }

  return Object.assign(stage, {
    carrier,
    model,
    bus,
    url,
    dial({ faults = [] }: { faults?: readonly CarrierFault[] } = {}) {
      const phone = carrier.dialIn({ from: callerNumber, to: ourNumber, faults })
      const call = stageCall(phone)
      waitingForCall.push(call)
      return call
    },
    token,
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
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  })
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
