import { type CallId, Fault } from '@toritsugi/contracts'
import { buildHttp, createLogger, createMetrics } from '@toritsugi/service-kit'
import { signTwilioRequest } from '@toritsugi/telephony'
import { beforeEach, describe, expect, it } from 'vitest'
import { inboundCallId } from './call-id.ts'
import { type TwilioRoutesOptions, twilioRoutes } from './twilio-routes.ts'

const publicUrl = 'https://calls.example.com'
const authToken = 'auth-token-of-the-tests'
const CallSid = `CA${'1b'.repeat(16)}`
const callId = inboundCallId(CallSid)
const outboundId = `call_${'0d'.repeat(16)}` as CallId
const now = new Date('2026-11-21T05:00:10.000Z')
const from = { CallSid, From: '+819012345678', To: '+815012345600', Direction: 'inbound' }
const ringing = { ...from, CallStatus: 'ringing' }
const live = { ...from, CallStatus: 'in-progress' }

let did: unknown[]
beforeEach(() => {
  did = []
})

async function build(more: Partial<TwilioRoutesOptions> = {}) {
  const app = await buildHttp({
    log: createLogger({ service: 'call-control', level: 'silent' }),
    metrics: createMetrics('call-control'),
  })
  await app.register(async (webhooks) =>
    twilioRoutes(webhooks, {
      publicUrl,
      authToken,
      defaultNumber: null,
      findCallId: async (carrierCallId) => (carrierCallId === `CA${'0d'.repeat(16)}` ? outboundId : null),
      async answerDocument(asked) {
        did.push(asked)
        return '<Response/>'
      },
      async note(...noted) {
        did.push(noted)
      },
      async keepMessage(message) {
        did.push(message)
        return '<Response/>'
      },
      now: () => now,
      ...more,
    }),
  )
  return app
}

type Ask = {
  method?: 'GET' | 'POST' | 'PUT'
  path: string
  params?: Record<string, string>
  headers?: Record<string, string>
  payload?: string
  signedFor?: string
  signature?: string | null
}

async function ask(asked: Ask, app = build()) {
  const { method = 'POST', path, params = {}, headers = {} } = asked
  const query = new URLSearchParams(params).toString()
  const url = method === 'GET' && query !== '' ? `${path}?${query}` : path
  const signature =
    asked.signature === undefined
      ? signTwilioRequest({
          authToken,
          url: asked.signedFor ?? `${publicUrl}${url}`,
          params: method === 'GET' ? {} : params,
        })
      : asked.signature
  return (await app).inject({
    method,
    url,
    headers: {
      ...(method === 'GET' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(signature === null ? {} : { 'x-twilio-signature': signature }),
      ...headers,
    },
    ...(method === 'GET' ? {} : { payload: asked.payload ?? query }),
  })
}

describe('what webhooks become', () => {
  const arrival = {
    callId,
    carrierCallId: CallSid,
    direction: 'inbound',
    from: from.From,
    to: from.To,
    startedAt: now.toISOString(),
  }
  const at = now.toISOString()

  it.each<[string, Ask, unknown]>([
    [
      'the first document',
      { path: '/api/twilio/voice', params: ringing, headers: { 'i-twilio-idempotency-token': 't-1' } },
      { arrival, epoch: 0, carrierStatus: 'ringing', at, requestToken: 't-1' },
    ],
    [
      'the same by GET',
      { method: 'GET', path: '/api/twilio/voice', params: ringing },
      { arrival, epoch: 0, carrierStatus: 'ringing', at, requestToken: null },
    ],
    [
      'what comes next',
      { path: `/api/twilio/calls/${callId}/continue?epoch=3`, params: live },
      { arrival, epoch: 3, carrierStatus: 'in-progress', at, requestToken: null },
    ],
    [
      'what comes next, the epoch unreadable',
      { path: `/api/twilio/calls/${callId}/continue?epoch=-3`, params: live },
      { arrival, epoch: null, carrierStatus: 'in-progress', at, requestToken: null },
    ],
    [
      'a hidden caller',
      { path: '/api/twilio/voice', params: { ...ringing, From: 'anonymous' } },
      { arrival: { ...arrival, from: null }, epoch: 0, carrierStatus: 'ringing', at, requestToken: null },
    ],
    [
      'a status',
      {
        path: `/api/twilio/calls/${callId}/status`,
        params: { ...from, CallStatus: 'completed', CallDuration: '12' },
      },
      [callId, arrival, { type: 'carrier.said', at, status: 'completed', talkedMs: 12_000 }],
    ],
    [
      "the number's own status",
      { path: '/api/twilio/status', params: { ...from, CallStatus: 'busy' } },
      [callId, arrival, { type: 'carrier.said', at, status: 'busy', talkedMs: null }],
    ],
    [
      'a status that is late',
      {
        path: '/api/twilio/status',
        params: { ...from, CallStatus: 'completed', Timestamp: 'Sat, 21 Nov 2026 04:59:00 +0000' },
      },
      [
        callId,
        arrival,
        { type: 'carrier.said', at: '2026-11-21T04:59:00.000Z', status: 'completed', talkedMs: null },
      ],
    ],
    [
      'a stream that broke',
      {
        path: `/api/twilio/calls/${callId}/stream-status?epoch=2`,
        params: { CallSid, StreamSid: 'MZ1', StreamEvent: 'stream-error' },
      },
      [callId, null, { type: 'stream.over', at, epoch: 2, because: 'carrier-error' }],
    ],
    [
      'a stream that stopped',
      {
        path: `/api/twilio/calls/${callId}/stream-status?epoch=2`,
        params: { CallSid, StreamSid: 'MZ1', StreamEvent: 'stream-stopped' },
      },
      [callId, null, { type: 'stream.over', at, epoch: 2, because: 'stop' }],
    ],
    [
      'a recorded message',
      {
        path: `/api/twilio/calls/${callId}/message`,
        params: { ...live, RecordingSid: `RE${'2c'.repeat(16)}`, RecordingDuration: '4' },
      },
      { arrival, carrierRecordingId: `RE${'2c'.repeat(16)}`, durationMs: 4000, at },
    ],
    [
      'a status of a call that we placed',
      {
        path: `/api/twilio/calls/${outboundId}/status`,
        params: {
          ...from,
          CallSid: `CA${'0d'.repeat(16)}`,
          Direction: 'outbound-api',
          CallStatus: 'no-answer',
        },
      },
      [
        outboundId,
        { ...arrival, callId: outboundId, carrierCallId: `CA${'0d'.repeat(16)}`, direction: 'outbound' },
        { type: 'carrier.said', at, status: 'no-answer', talkedMs: null },
      ],
    ],
  ])('%s', async (_, asked, becomes) => {
    const answer = await ask(asked)
    expect([200, 204]).toContain(answer.statusCode)
    expect(did).toEqual([becomes])
  })

  it.each<[string, Ask]>([
    [
      'a status of a kind not known here',
      { path: '/api/twilio/status', params: { ...from, CallStatus: 'new' } },
    ],
    [
      'a stream event of a kind not known here',
      { path: `/api/twilio/calls/${callId}/stream-status?epoch=1`, params: { CallSid, StreamEvent: 'new' } },
    ],
    [
      'a stream event without an epoch',
      { path: `/api/twilio/calls/${callId}/stream-status`, params: { CallSid, StreamEvent: 'stream-error' } },
    ],
  ])('%s is answered and means nothing', async (_, asked) => {
    expect((await ask(asked)).statusCode).toBe(204)
    expect(did).toEqual([])
  })
})

describe('what is refused', () => {
  const voice = { path: '/api/twilio/voice', params: ringing }
  it.each<[string, Ask, number, string]>([
    ['no signature', { ...voice, signature: null }, 403, 'signature.missing'],
    ['an empty signature', { ...voice, signature: '' }, 403, 'signature.missing'],
    ['a forged signature', { ...voice, signature: 'ASGyPT9kdDVOm79OxfQnw7HcSP8=' }, 403, 'signature.wrong'],
    ['nonsense for a signature', { ...voice, signature: '%%%' }, 403, 'signature.wrong'],
    [
      'a signature for the address of the Host header',
      {
        ...voice,
        signedFor: 'https://evil.example.com/api/twilio/voice',
        headers: { host: 'evil.example.com' },
      },
      403,
      'signature.wrong',
    ],
    [
      'a signature for another host that a proxy header names',
      {
        ...voice,
        signedFor: 'https://evil.example.com/api/twilio/voice',
        headers: { 'x-forwarded-host': 'evil.example.com' },
      },
      403,
      'signature.wrong',
    ],
    [
      'a field changed',
      { ...voice, payload: new URLSearchParams({ ...ringing, From: '+1' }).toString() },
      403,
      'signature.wrong',
    ],
    [
      'a field added',
      { ...voice, payload: `${new URLSearchParams(ringing)}&To=%2B1` },
      403,
      'signature.wrong',
    ],
    ['no body', { ...voice, payload: '' }, 403, 'signature.wrong'],
    [
      'an added query',
      { ...voice, path: '/api/twilio/voice?epoch=5', signedFor: `${publicUrl}/api/twilio/voice` },
      403,
      'signature.wrong',
    ],
    [
      'JSON',
      { ...voice, headers: { 'content-type': 'application/json' }, payload: '{}' },
      403,
      'signature.wrong',
    ],
    [
      'XML',
      { ...voice, headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
      415,
      'request.unsupported-media-type',
    ],
    ['10 MB', { ...voice, payload: `a=${'b'.repeat(10 * 1024 * 1024)}` }, 413, 'request.too-large'],
    ['too many fields', { ...voice, payload: 'a=1&'.repeat(301) }, 400, 'request.malformed'],
    ['no CallSid', { path: '/api/twilio/voice', params: { From: '+819012345678' } }, 400, 'request.invalid'],
    [
      'a CallSid that is none',
      { path: '/api/twilio/voice', params: { ...ringing, CallSid: 'CA1' } },
      400,
      'request.invalid',
    ],
    [
      'nobody called',
      { path: '/api/twilio/voice', params: { ...ringing, To: 'sip:x@example.com' } },
      400,
      'request.invalid',
    ],
    [
      "another call's id",
      { path: `/api/twilio/calls/call_${'0'.repeat(32)}/continue?epoch=1`, params: live },
      404,
      'call.not-found',
    ],
    ['an id that is none', { path: '/api/twilio/calls/x/status', params: live }, 404, 'call.not-found'],
    [
      'a call we placed and do not know',
      { path: '/api/twilio/status', params: { ...live, Direction: 'outbound-api' } },
      404,
      'call.not-found',
    ],
    [
      'a message without a recording',
      { path: `/api/twilio/calls/${callId}/message`, params: live },
      400,
      'request.invalid',
    ],
    ['another method', { ...voice, method: 'PUT' }, 405, 'route.wrong-method'],
  ])('%s', async (_, asked, status, code) => {
    const answer = await ask(asked)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ status, code })
    expect(did).toEqual([])
  })

  it('and nothing else suffers from it', async () => {
    const app = build()
    await ask({ ...voice, signature: null }, app)
    await ask({ ...voice, payload: `a=${'b'.repeat(100_000)}` }, app)
    expect((await ask(voice, app)).statusCode).toBe(200)
  })

  it('a failure of ours is a problem, not a crash', async () => {
    const app = build({
      async answerDocument() {
        throw new Error('a bug')
      },
      async note() {
        throw new Fault('database.unavailable')
      },
    })
    expect((await ask(voice, app)).json()).toMatchObject({ code: 'internal.bug', status: 500 })
    const status = await ask({ path: '/api/twilio/status', params: live }, app)
    expect(status.json()).toMatchObject({ code: 'database.unavailable', status: 503 })
  })
})

describe('a number of ours that carriers do not name', () => {
  it('is the default one', async () => {
    const app = build({ defaultNumber: '+815012345600' })
    await ask({ path: '/api/twilio/voice', params: { ...ringing, To: 'sip:reception@example.com' } }, app)
    expect(did).toMatchObject([{ arrival: { to: '+815012345600' } }])
  })
})

it('mutated bodies cause no crash and are never taken', async () => {
  const app = await build()
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % below
  }
  const body = new URLSearchParams(ringing).toString()
  const signature = signTwilioRequest({ authToken, url: `${publicUrl}/api/twilio/voice`, params: ringing })
  let taken = 0
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(body)
    for (let i = 0; i <= random(3); i++) bytes[random(bytes.length)] = random(256)
    const answer = await app.inject({
      method: 'POST',
      url: '/api/twilio/voice',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
      payload: bytes,
    })
    if (answer.statusCode === 200) taken += 1
    else expect([400, 403]).toContain(answer.statusCode)
  }
  // Some mutations change nothing: a byte replaced by itself, or by another spelling of the same character.
  for (const asked of did) expect(asked).toMatchObject({ arrival: { callId, from: from.From, to: from.To } })
  expect(taken).toBeLessThan(60)
})
