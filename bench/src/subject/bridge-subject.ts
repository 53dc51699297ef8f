import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { type Bus, connectBus, ok } from '@toritsugi/bus'
import { type CallId, intendCall, newId, openSession } from '@toritsugi/contracts'
import { freePort } from '@toritsugi/embedded-servers'
import { SignJWT } from 'jose'
import type { CallTarget } from '../generator/load-types.ts'
import { openHouse } from '../house/house.ts'
import { startServiceProcess } from '../house/service-process.ts'
import { benchPlan } from './session-plan.ts'
import { carrierIds, type Subject } from './subject.ts'

const AUTH_TOKEN = randomBytes(16).toString('hex')
const STREAM_TOKEN_SECRET = randomBytes(32).toString('hex')
/** Tokens are made before the calls are opened one after another: the longest ramp fits. */
const TOKEN_SECONDS = 60

/**
 * Starts the real bridge on the subject's core, with a real nats-server and a responder that plays call-control
 * and realtime-session on the other core.
 */
export async function startBridge(modelUrl: string): Promise<Subject> {
  const house = await openHouse({ database: false })
  const closers: (() => Promise<unknown>)[] = [() => house.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const bus = await connectBus({ url: house.natsUrl, name: 'bench' })
    closers.push(() => bus.close(500))
    const indexes = answerForOthers(bus)
    const port = await freePort()
    const bridge = await startServiceProcess({
      program: 'media-bridge',
      port,
      core: 'subject',
      env: bridgeEnvironment(house.natsUrl, modelUrl, port),
    })
    closers.push(() => bridge.stop())
    return {
      name: 'bridge',
      pid: bridge.pid,
      asksForGreeting: true,
      calls: (count) => Promise.all(Array.from({ length: count }, (_, i) => newCall(port, i, indexes))),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function bridgeEnvironment(natsUrl: string, modelUrl: string, port: number): Record<string, string> {
  return {
    NATS_URL: natsUrl,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    STREAM_TOKEN_SECRET,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_REALTIME_URL: modelUrl,
    CALL_CONTROL_URL: `http://127.0.0.1:${port}`,
    MAX_CALLS: '1000',
  }
}

/** Answers what the bridge asks the other services. @returns where to note which call has which number */
function answerForOthers(bus: Bus): Map<CallId, number> {
  const indexes = new Map<CallId, number>()
  bus.answer(
    openSession,
    async ({ callId }) => ok({ plan: benchPlan(callId, indexes.get(callId) ?? 0), dialogue: [] }),
    { parallel: 1000 },
  )
  bus.answer(intendCall, async () => ok({}), { parallel: 1000 })
  return indexes
}

async function newCall(port: number, index: number, indexes: Map<CallId, number>): Promise<CallTarget> {
  const callId = newId('call')
  indexes.set(callId, index)
  const ids = carrierIds()
  const path = `/api/twilio/media-stream/${callId}`
  // Signature of an upgrade: base64(HMAC-SHA1(auth token, exact ws URL)), by "Media Streams - Security".
  const signature = createHmac('sha1', AUTH_TOKEN).update(`ws://127.0.0.1:${port}${path}`).digest('base64')
  const token = await new SignJWT({ callId, callSid: ids.callSid, epoch: 1 })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(randomUUID())
    .setExpirationTime(`${TOKEN_SECONDS}s`)
    .sign(Buffer.from(STREAM_TOKEN_SECRET))
  return {
    host: '127.0.0.1',
    port,
    path,
    headers: { 'X-Twilio-Signature': signature },
    customParameters: { token },
    ...ids,
  }
}
