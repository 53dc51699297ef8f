import { randomBytes } from 'node:crypto'
import { connectBus } from '@toritsugi/bus'
import { freePort } from '@toritsugi/embedded-servers'
import { openHouse } from '../house/house.ts'
import { startServiceProcess } from '../house/service-process.ts'
import { streamOffers } from './stream-offers.ts'
import type { Subject } from './subject.ts'

const AUTH_TOKEN = randomBytes(16).toString('hex')
const STREAM_TOKEN_SECRET = randomBytes(32).toString('hex')

/**
 * Starts the real bridge on the subject's core, with a real nats-server and a responder that plays call-control
 * and realtime-session on the other core.
 */
export async function startBridge(modelUrl: string, nodeArgs: readonly string[] = []): Promise<Subject> {
  const house = await openHouse({ database: false, core: 'rest' })
  const closers: (() => Promise<unknown>)[] = [() => house.stop()]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const bus = await connectBus({ url: house.natsUrl, name: 'bench' })
    closers.push(() => bus.close(500))
    const port = await freePort()
    const offers = streamOffers({
      bus,
      port,
      authToken: AUTH_TOKEN,
      streamTokenSecret: STREAM_TOKEN_SECRET,
    })
    const bridge = await startServiceProcess({
      program: 'media-bridge',
      port,
      core: 'subject',
      nodeArgs,
      env: bridgeEnvironment(house.natsUrl, modelUrl, port),
    })
    closers.push(() => bridge.stop())
    return {
      name: 'bridge',
      pid: bridge.pid,
      asksForGreeting: true,
      calls: (count) => Promise.all(Array.from({ length: count }, (_, i) => offers.offer(i))),
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
