import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bus, connectBus, ok } from '@toritsugi/bus'
import { type CallId, intendCall, newId, openSession } from '@toritsugi/contracts'
import { freePort, startNats } from '@toritsugi/embedded-servers'
import { SignJWT } from 'jose'
import type { CallTarget } from '../generator/load-types.ts'
import { pinToRest, startPinned } from '../process/pinned-child.ts'
import { benchPlan } from './session-plan.ts'
import { carrierIds, type Subject } from './subject.ts'

/** The built service, as production starts it. */
export const BRIDGE_MAIN: string = fileURLToPath(
  new URL('../../../services/media-bridge/dist/main.js', import.meta.url),
)

const AUTH_TOKEN = randomBytes(16).toString('hex')
const STREAM_TOKEN_SECRET = randomBytes(32).toString('hex')
const READY_MS = 30_000
/** Tokens are made before the calls are opened one after another: the longest ramp fits. */
const TOKEN_SECONDS = 60

/**
 * Starts the real bridge on the subject's core, with a real nats-server and a responder that plays call-control
 * and realtime-session on the other core.
 */
export async function startBridge(modelUrl: string): Promise<Subject> {
  if (!existsSync(BRIDGE_MAIN)) {
    throw new Error(`the bridge is not built: ${BRIDGE_MAIN} is missing; run tsc -b first`)
  }
  const storeDir = mkdtempSync(join(tmpdir(), 'toritsugi-bench-'))
  const nats = await startNats({ storeDir, port: 0 })
  await pinToRest(nats.pid)
  const bus = await connectBus({ url: nats.url, name: 'bench' })
  const indexes = answerForOthers(bus)
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const child = startPinned({
    name: 'the bridge',
    core: 'subject',
    script: BRIDGE_MAIN,
    env: {
      PATH: process.env.PATH ?? '',
      PROFILE: 'local',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      NATS_URL: nats.url,
      PUBLIC_URL: publicUrl,
      STREAM_TOKEN_SECRET,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      OPENAI_API_KEY: 'sk-bench',
      OPENAI_REALTIME_URL: modelUrl,
      OPENAI_REALTIME_MODEL: 'gpt-realtime-2.1',
      CALL_CONTROL_URL: publicUrl,
      CAPACITY: '1000',
    },
  })
  const stop = async (): Promise<void> => {
    await child.stop()
    await bus.close(500)
    await nats.stop()
    rmSync(storeDir, { recursive: true, force: true })
  }
  try {
    await untilReady(`${publicUrl}/readyz`, child.lastLines)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: 'bridge',
    pid: child.pid,
    asksForGreeting: true,
    calls: (count) => Promise.all(Array.from({ length: count }, (_, i) => newCall(port, i, indexes))),
    stop,
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

async function untilReady(url: string, lastLines: () => readonly string[]): Promise<void> {
  const deadline = performance.now() + READY_MS
  for (;;) {
    const ready = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return
    if (performance.now() > deadline) {
      throw new Error(`the bridge was not ready in time: ${lastLines().slice(-5).join(' | ')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
