import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newId } from '@toritsugi/contracts'
import { SignJWT } from 'jose'
import type { StagedCall } from './staged-call.ts'

export const streamSecret = 'a secret of the stage, long enough'

/** Who answers the carrier's webhooks on the stage, as call-control would. */
export type StageWeb = {
  url: string
  /** The next call that comes in is this one. */
  expect(call: StagedCall): void
  close(): Promise<void>
}

/** What a token says; by default it is good, and for the first stream. */
export type TokenClaims = {
  callId: StagedCall['callId']
  callSid: string
  epoch?: number
  lifeS?: number
  jti?: string
}

/** A token as call-control makes it. */
export const streamToken = ({ callId, callSid, epoch = 1, lifeS = 60, jti = newId('evt') }: TokenClaims) =>
  new SignJWT({ callId, callSid, epoch })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(jti)
    .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS)
    .sign(new TextEncoder().encode(streamSecret))

/** @param bridgeUrl where the streams are to go */
export async function openStageWeb(bridgeUrl: string): Promise<StageWeb> {
  const bySid = new Map<string, StagedCall>()
  const expected: StagedCall[] = []

  const connectTwiml = async (call: StagedCall, callSid: string): Promise<string> => {
    const token = await streamToken({ callId: call.callId, callSid, epoch: call.epoch })
    const stream = `${bridgeUrl.replace('http', 'ws')}/api/twilio/media-stream/${call.callId}`
    return (
      `<Response><Connect action="/continue"><Stream url="${stream}">` +
      `<Parameter name="token" value="${token}"/></Stream></Connect></Response>`
    )
  }

  const web = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    const callSid = form.get('CallSid') ?? ''
    let twiml = '<Response/>'
    if (request.url === '/voice') {
      const call = expected.shift()
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
  return {
    url: `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    expect: (call) => void expected.push(call),
    async close() {
      web.closeAllConnections()
      await new Promise((resolve) => web.close(resolve))
    },
  }
}
