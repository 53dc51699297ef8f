import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus } from '@toritsugi/bus'
import {
  type CallId,
  type Envelope,
  type FactData,
  type FactType,
  factEnvelope,
  newId,
  type PlanReply,
  planSession,
  verifyKey,
} from '@toritsugi/contracts'
import { type Database, openDatabase } from '@toritsugi/db'
import { createLogger, createMetrics, type Http, readConfig } from '@toritsugi/service-kit'
import { signTwilioRequest } from '@toritsugi/telephony'
import { afterAll } from 'vitest'
import { assemble } from './build-app.ts'
import { inboundCallId } from './call-id.ts'
import { callControlConfig } from './config.ts'
import { fakeCarrier } from './fake-carrier.ts'
import { planReply } from './plan-fixture.ts'

export const publicUrl = 'https://calls.example.com'
export const authToken = 'auth-token-of-the-tests'
export const ourNumber = '+815012345600'

export type Stage = Awaited<ReturnType<typeof setStage>>

/** The service on real servers, with a carrier, a realtime-session and a pod played by the test. */
export async function setStage(servers: {
  databaseUrl: string
  natsUrl: string
  /** Where the test's own connection goes, when the service's can be cut. */
  ownNatsUrl?: string
  withPod?: boolean
  env?: Record<string, string>
}) {
  const folder = mkdtempSync(join(tmpdir(), 'call-control-'))
  const keyFile = join(folder, 'first-key')
  const config = readConfig(callControlConfig, {
    PROFILE: 'local',
    LOG_LEVEL: process.env.TEST_LOG ?? 'silent',
    NATS_URL: servers.natsUrl,
    DATABASE_URL: servers.databaseUrl,
    PUBLIC_URL: publicUrl,
    STREAM_TOKEN_SECRET: 'a secret of thirty-two characters',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: authToken,
    DEFAULT_PHONE_NUMBER: ourNumber,
    FIRST_API_KEY_FILE: keyFile,
    ...servers.env,
  })
  const log = createLogger({ service: 'call-control', level: config.LOG_LEVEL })
  const db: Database = openDatabase({ url: config.DATABASE_URL, schema: 'call_control', log })
  const bus: Bus = await connectBus({ url: config.NATS_URL, name: 'call-control', log })
  const others: Bus = await connectBus({ url: servers.ownNatsUrl ?? config.NATS_URL, name: 'others', log })
  const carrier = fakeCarrier()
  const session: { reply: PlanReply | null; asked: number } = { reply: planReply, asked: 0 }
  others.answer(planSession, async ({ callId }) => {
    session.asked += 1
    if (session.reply === null) return { ok: false, code: 'model.unavailable', message: '', retryable: true }
    const { plan } = session.reply
    return { ok: true, value: { ...session.reply, plan: plan === null ? null : { ...plan, callId } } }
  })
  const facts: Envelope[] = []
  const listening = new Set<() => void>()
  const heard = await others.on({
    durable: `stage-${newId('evt')}`,
    families: ['lifecycle'],
    async handle(envelope) {
      facts.push(envelope)
      for (const look of listening) look()
    },
  })
  const service = await assemble({
    config,
    log,
    metrics: createMetrics('call-control'),
    isStopping: () => false,
    db,
    bus,
    carrier,
  })
  const app: Http = service.app
  await app.ready()
  const apiKey = readFileSync(keyFile, 'utf8').trim()

  const pod = { held: [] as { callId: CallId; epoch: number }[], free: 100, draining: false, beating: true }
  const beat = () => {
    if (!pod.beating) return
    others.publishLive(['pods', 'heartbeat'], {
      podId: 'pod-1',
      url: 'http://127.0.0.1:9',
      at: new Date().toISOString(),
      capacity: 100,
      free: pod.free,
      draining: pod.draining,
      calls: pod.held,
    })
  }
  const beating = servers.withPod === false ? undefined : setInterval(beat, 200)
  const beatNow = async (): Promise<void> => {
    beat()
    await others.request(verifyKey, { keyHash: '0'.repeat(64) })
  }
  if (servers.withPod !== false) await beatNow()

  let sequence = 0
  const close = async () => {
    clearInterval(beating)
    await heard.stop()
    await app.close()
    await service.close?.()
    await others.close()
    rmSync(folder, { recursive: true, force: true })
  }
  afterAll(close)

  return {
    app,
    db,
    bus,
    carrier,
    session,
    apiKey,
    keyFile,
    facts,
    pod,
    others,
    close,

    /** A webhook as the carrier sends it. */
    async webhook(
      path: string,
      params: Record<string, string>,
      headers: Record<string, string> = {},
    ): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }> {
      const url = `${publicUrl}${path}`
      return app.inject({
        method: 'POST',
        url: path,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': signTwilioRequest({ authToken, url, params }),
          host: 'somewhere-else.example.com',
          ...headers,
        },
        payload: new URLSearchParams(params).toString(),
      })
    },

    /** Waits until the service has said this of the call, for the nth time. */
    async fact(callId: CallId, type: FactType, nth = 1): Promise<Envelope> {
      const find = () => facts.filter((fact) => fact.subject === callId && fact.type === type)[nth - 1]
      const there = find()
      if (there) return there
      return new Promise((resolve) => {
        const look = () => {
          const found = find()
          if (found === undefined) return
          listening.delete(look)
          resolve(found)
        }
        listening.add(look)
      })
    },

    /** The types of all that was said of a call so far. */
    said: (callId: CallId) => facts.filter((fact) => fact.subject === callId).map((fact) => fact.type),

    /** GET at the REST API. */
    async get(path: string, key: string | null = apiKey) {
      const response = await app.inject({
        url: path,
        headers: key === null ? {} : { authorization: `Bearer ${key}` },
      })
      return { statusCode: response.statusCode, body: response.json() }
    },

    /** Waits until the service has taken every heartbeat sent so far. */
    beatNow,

    /** Asks again and again until there is an answer. */
    async until<T>(look: () => Promise<T | null>): Promise<T> {
      for (;;) {
        const found = await look()
        if (found !== null) return found
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },

    /** A fact of another service. */
    async tell<Type extends FactType>(source: string, callId: CallId, type: Type, data: FactData<Type>) {
      sequence += 1
      await others.publish(
        factEnvelope({
          id: newId('evt'),
          type,
          source,
          callId,
          at: new Date().toISOString(),
          sequence,
          data,
        }),
      )
    },
  }
}

let callers = 0

/** A caller whose call the carrier tells of. */
export function someCall(more: Record<string, string> = {}) {
  callers += 1
  const carrierCallId = `CA${callers.toString(16).padStart(4, '0')}${'5e'.repeat(14)}`
  const params = {
    CallSid: carrierCallId,
    AccountSid: `AC${'0'.repeat(32)}`,
    From: `+8190123${String(callers).padStart(5, '0')}`,
    To: ourNumber,
    CallStatus: 'ringing',
    Direction: 'inbound',
    ApiVersion: '2010-04-01',
    ...more,
  }
  const callId = inboundCallId(carrierCallId)
  return {
    carrierCallId,
    callId,
    params,
    live: { ...params, CallStatus: 'in-progress' },
    path: (what: string) => `/api/twilio/calls/${callId}/${what}`,
  }
}

/** The address, the token and the epoch of the stream in a document. */
export function streamIn(twiml: string) {
  const token = /<Parameter name="token" value="([^"]+)"/.exec(twiml)?.[1]
  if (token === undefined) throw new Error(`there is no stream in ${twiml}`)
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  return { token, claims, url: /<Stream url="([^"]+)"/.exec(twiml)?.[1] }
}
