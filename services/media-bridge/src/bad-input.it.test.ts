import { connect } from 'node:net'
import { type CallId, newId } from '@toritsugi/contracts'
import { signTwilioRequest } from '@toritsugi/telephony'
import { useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { authToken, openStage } from './stage.ts'

const nats = await useNats()
const stage = await openStage(nats.url, { env: { STOP_GRACE_MS: '500', MAX_CALLS: '3' } })
afterAll(() => stage.close())

const callSid = `CA${'1'.repeat(32)}`
const streamSid = `MZ${'2'.repeat(32)}`
const silence = Buffer.alloc(160, 0xff).toString('base64')

type Line = { ws: WebSocket; closed: Promise<{ code: number; reason: string }>; opened: Promise<number> }

/** Opens a stream's socket as the carrier does, or not quite so. */
function dialIn(
  options: { callId?: CallId; path?: string; sign?: string | null } = {},
): Line & { callId: CallId } {
  const callId = options.callId ?? newId('call')
  const url = `${stage.url.replace('http', 'ws')}${options.path ?? `/api/twilio/media-stream/${callId}`}`
  const signature = options.sign === undefined ? signTwilioRequest({ authToken, url }) : options.sign
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    headers: signature === null ? {} : { 'x-twilio-signature': signature },
  })
  ws.on('error', () => {})
  return {
    callId,
    ws,
    opened: new Promise((resolve) => {
      ws.on('open', () => resolve(101))
      ws.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0)
        ws.terminate()
      })
    }),
    closed: new Promise((resolve) => {
      ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    }),
  }
}

const say = (line: Line, message: unknown): void =>
  line.ws.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))

const start = (token: string | undefined, sid = callSid) => ({
  event: 'start',
  sequenceNumber: '1',
  streamSid,
  start: {
    accountSid: `AC${'0'.repeat(32)}`,
    streamSid,
    callSid: sid,
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: token === undefined ? {} : { token },
  },
})

const media = (over: object = {}, sid = streamSid) => ({
  event: 'media',
  sequenceNumber: '2',
  streamSid: sid,
  media: { track: 'inbound', chunk: '1', timestamp: '20', payload: silence, ...over },
})

async function counted(name: string, why: string): Promise<number> {
  const text = await stage.metrics()
  const line = new RegExp(`^toritsugi_bridge_${name}_total\\{[^}]*why="${why}"[^}]*\\} (\\d+)`, 'm').exec(
    text,
  )
  return Number(line?.[1] ?? 0)
}

/** A call that goes well while the other does not: it must not notice. */
async function withWitness(trouble: () => Promise<void>): Promise<void> {
  const call = stage.dial()
  await call.phone.waitToHear(/bakery/)
  await trouble()
  await call.phone.say('Still here')
  await call.phone.waitToHear(/I see: Still here/)
  call.phone.hangUp()
  await call.waitForFact('stream.ended')
}

describe('an upgrade', () => {
  it.each([
    ['without a signature', { sign: null }, 403, 'signature'],
    ['with a wrong signature', { sign: 'bm90IHRoZSBzaWduYXR1cmU=' }, 403, 'signature'],
    [
      'signed for another address',
      { sign: signTwilioRequest({ authToken, url: 'ws://x/y' }) },
      403,
      'signature',
    ],
    ['of an unknown path', { path: '/api/twilio/other' }, 404, 'path'],
    ['of something that is no call', { path: '/api/twilio/media-stream/call_1' }, 404, 'path'],
  ])('%s is answered', async (_story, options, status, why) => {
    const before = await counted('refused', why)
    expect(await dialIn(options).opened).toBe(status)
    expect(await counted('refused', why)).toBe(before + 1)
  })

  it('signed with a slash at the end is taken', async () => {
    const callId = newId('call')
    const url = `${stage.url.replace('http', 'ws')}/api/twilio/media-stream/${callId}/`
    const line = dialIn({ callId, sign: signTwilioRequest({ authToken, url }) })
    expect(await line.opened).toBe(101)
    line.ws.terminate()
  })

  it('of a stranger who speaks no HTTP harms nobody', async () => {
    const socket = connect(Number(new URL(stage.url).port), '127.0.0.1')
    socket.resume()
    socket.write('\u0000\u0001nonsense\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
  })
})

describe('a token', () => {
  const refused = async (line: Line, why: string): Promise<void> => {
    expect(await line.closed).toEqual({ code: 1008, reason: why })
    expect(await counted('refused', why)).toBeGreaterThan(0)
  }
  it('that is missing closes the stream', async () => {
    const line = dialIn()
    await line.opened
    say(line, start(undefined))
    await refused(line, 'token-missing')
  })
  it('that is not one closes the stream', async () => {
    const line = dialIn()
    await line.opened
    say(line, start('eyJhbGciOiJub25lIn0.e30.'))
    await refused(line, 'token-invalid')
  })
  it('that is too old closes the stream', async () => {
    const line = dialIn()
    await line.opened
    say(line, start(await stage.token({ callId: line.callId, callSid, lifeS: -30 })))
    await refused(line, 'token-expired')
  })
  it('that lives too long closes the stream', async () => {
    const line = dialIn()
    await line.opened
    say(line, start(await stage.token({ callId: line.callId, callSid, lifeS: 600 })))
    await refused(line, 'token-invalid')
  })
  it.each([
    ['of another call', { callId: newId('call') }],
    ['of another CallSid', { callSid: `CA${'9'.repeat(32)}` }],
  ])('%s closes the stream', async (_story, other) => {
    const line = dialIn()
    await line.opened
    say(line, start(await stage.token({ callId: line.callId, callSid, ...other })))
    await refused(line, 'token-of-another-call')
  })
  it('that was used closes the second stream', async () => {
    const jti = newId('evt')
    const first = dialIn()
    await first.opened
    const token = await stage.token({ callId: first.callId, callSid, jti })
    say(first, start(token))
    const second = dialIn({ callId: first.callId })
    await second.opened
    say(second, start(token))
    await refused(second, 'token-used')
    first.ws.terminate()
  })
})

describe('a stream', () => {
  it('without a start is closed after five seconds', async () => {
    const line = dialIn()
    await line.opened
    say(line, { event: 'connected', protocol: 'Call', version: '1.0.0' })
    say(line, media())
    const at = performance.now()
    expect(await line.closed).toEqual({ code: 1008, reason: 'no-start' })
    expect(performance.now() - at).toBeGreaterThan(4500)
  })

  it('is full at three calls: the next is told to try again later', async () => {
    const held = [dialIn(), dialIn(), dialIn()]
    for (const line of held) expect(await line.opened).toBe(101)
    const next = dialIn()
    expect(await next.opened).toBe(101)
    expect(await next.closed).toEqual({ code: 1013, reason: 'full' })
    for (const line of held) line.ws.terminate()
  })

  it('that sends binary is closed with 1003', () =>
    withWitness(async () => {
      const line = dialIn()
      await line.opened
      line.ws.send(Buffer.from([1, 2, 3]), { binary: true })
      expect((await line.closed).code).toBe(1003)
      expect(await counted('bad_input', 'binary')).toBe(1)
    }))

  it('that sends a message too large is closed with 1009', () =>
    withWitness(async () => {
      const line = dialIn()
      await line.opened
      say(line, JSON.stringify({ event: 'media', pad: 'x'.repeat(70_000) }))
      expect((await line.closed).code).toBe(1009)
      expect(await counted('bad_input', 'too-large')).toBe(1)
    }))

  it('that goes on talking nonsense is closed with 1008', () =>
    withWitness(async () => {
      const line = dialIn()
      await line.opened
      for (let n = 0; n < 300; n++) say(line, '{"event":')
      expect((await line.closed).code).toBe(1008)
      expect(await counted('bad_input', 'not-json')).toBeGreaterThanOrEqual(200)
    }))

  it.each<[string, unknown, string]>([
    ['text that is no JSON', 'hello', 'not-json'],
    ['JSON that is no message', '[1,2]', 'bad-shape'],
    ['an unknown event', { event: 'weather', streamSid }, 'unknown-event'],
    ['another stream’s media', media({}, `MZ${'7'.repeat(32)}`), 'wrong-stream'],
    ['another stream’s stop', { event: 'stop', streamSid: `MZ${'7'.repeat(32)}`, stop: {} }, 'wrong-stream'],
    ['a second start', start('x'), 'second-start'],
    ['media without a payload', { event: 'media', streamSid, media: { timestamp: '1' } }, 'bad-shape'],
    ['a payload that is no base64', media({ payload: '****' }), 'bad-payload'],
    ['a timestamp that is no number', media({ timestamp: 'soon' }), 'bad-shape'],
    ['two keys at once', { event: 'dtmf', streamSid, dtmf: { digit: '12' } }, 'bad-shape'],
  ])('counts and drops %s', async (_story, message, why) => {
    const before = await counted('bad_input', why)
    const line = dialIn()
    await line.opened
    say(line, start(await stage.token({ callId: line.callId, callSid })))
    say(line, message)
    // Whatever came is handled when the answer to this ping comes.
    line.ws.ping()
    await new Promise((resolve) => line.ws.once('pong', resolve))
    expect(await counted('bad_input', why)).toBe(before + 1)
    expect(line.ws.readyState).toBe(WebSocket.OPEN)
    line.ws.terminate()
  })

  it('counts and drops media before start', async () => {
    const before = await counted('bad_input', 'before-start')
    const line = dialIn()
    await line.opened
    say(line, media())
    line.ws.ping()
    await new Promise((resolve) => line.ws.once('pong', resolve))
    expect(await counted('bad_input', 'before-start')).toBe(before + 1)
    line.ws.terminate()
  })
})
