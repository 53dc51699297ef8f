import { createHmac, randomUUID } from 'node:crypto'
import { type Bus, ok } from '@toritsugi/bus'
import { type CallId, intendCall, newId, openSession, runTool } from '@toritsugi/contracts'
import { SignJWT } from 'jose'
import type { CallTarget } from '../generator/load-types.ts'
import { benchPlan } from './session-plan.ts'
import { carrierIds } from './subject.ts'

export type OfferedCall = CallTarget & { callId: CallId }

/** What call-control and realtime-session are to a bridge: they offer streams, and answer what it asks. */
export type StreamOffers = {
  /**
   * A fresh call, as the carrier would open its stream now. Its token is good for a minute.
   * @param index the number of the call in a load, written into its plan; null for a call of no load
   */
  offer(index: number | null): Promise<OfferedCall>
}

const TOKEN_SECONDS = 60

/** Answers `session.open`, `session.run-tool` and `call.intend` on the bus, and hands out streams of the bridge. */
export function streamOffers(options: {
  bus: Bus
  port: number
  authToken: string
  streamTokenSecret: string
}): StreamOffers {
  const { bus, port, authToken, streamTokenSecret } = options
  const indexes = new Map<CallId, number>()
  bus.answer(
    openSession,
    async ({ callId }) => ok({ plan: benchPlan(callId, indexes.get(callId) ?? null), dialogue: [] }),
    { parallel: 1000 },
  )
  bus.answer(intendCall, async () => ok({}), { parallel: 1000 })
  bus.answer(
    runTool,
    async () => ok({ outcome: 'done', output: '{"done":true}', next: { what: 'talk-on' } }),
    { parallel: 1000 },
  )
  return {
    async offer(index) {
      const callId = newId('call')
      if (index !== null) indexes.set(callId, index)
      const ids = carrierIds()
      const path = `/api/twilio/media-stream/${callId}`
      // Signature of an upgrade: base64(HMAC-SHA1(auth token, exact ws URL)), by "Media Streams - Security".
      const url = `ws://127.0.0.1:${port}${path}`
      const signature = createHmac('sha1', authToken).update(url).digest('base64')
      const token = await new SignJWT({ callId, callSid: ids.callSid, epoch: 1 })
        .setProtectedHeader({ alg: 'HS256' })
        .setJti(randomUUID())
        .setExpirationTime(`${TOKEN_SECONDS}s`)
        .sign(Buffer.from(streamTokenSecret))
      return {
        callId,
        host: '127.0.0.1',
        port,
        path,
        headers: { 'X-Twilio-Signature': signature },
        customParameters: { token },
        ...ids,
      }
    },
  }
}
