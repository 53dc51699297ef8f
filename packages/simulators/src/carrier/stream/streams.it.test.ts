import { createServer } from 'node:net'
import { createListener, decodeMulaw, encodeMulaw, MULAW_SILENCE, speak, textOf } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useScene } from '../carrier-under-test.ts'

const scene = useScene()
const silence = (ms: number) => new Uint8Array(ms * 8).fill(MULAW_SILENCE)

async function connected(more: Parameters<typeof scene.connect>[0] = {}) {
  scene.customer.pages['/voice'] = scene.connect(more)
  const phone = scene.dial()
  const stream = await scene.customer.waitForStream()
  await stream.waitFor('start')
  return { phone, stream }
}

describe('what a stream sends', () => {
  it('connected, start, then 20 ms of media with strings for numbers', async () => {
    const { phone, stream } = await connected({
      attributes: ' name="the-stream"',
      inner: '<Parameter name="token" value="a&amp;b"/><Parameter name="日本" value="語"/>',
    })
    await stream.waitFor('media', 25)
    expect(stream.headers['sec-websocket-extensions']).toBeUndefined()
    const [first, second] = stream.events
    expect(first).toEqual({ at: first?.at, event: 'connected', protocol: 'Call', version: '1.0.0' })
    expect(second).toEqual({
      at: second?.at,
      event: 'start',
      sequenceNumber: '1',
      streamSid: expect.stringMatching(/^MZ[0-9a-f]{32}$/),
      start: {
        accountSid: scene.carrier.account.sid,
        streamSid: stream.streamSid,
        callSid: phone.callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { token: 'a&b', 日本: '語' },
      },
    })
    const media = stream.of('media')
    const times = media.map((message) => Number((message.media as { timestamp: string }).timestamp))
    for (const [index, message] of media.entries()) {
      expect(message).toMatchObject({
        sequenceNumber: String(index + 2),
        streamSid: stream.streamSid,
        media: { track: 'inbound', chunk: String(index + 1), timestamp: String(times[index]) },
      })
      expect(Buffer.from((message.media as { payload: string }).payload, 'base64')).toHaveLength(160)
      if (index > 0) expect((times[index] ?? 0) - (times[index - 1] ?? 0)).toBe(20)
    }
    const span = (media.at(-1)?.at ?? 0) - (media[0]?.at ?? 0)
    expect(Math.abs(span - (media.length - 1) * 20)).toBeLessThan(80)
  })

  it("the caller's words, to the sample", async () => {
    const { phone, stream } = await connected()
    await phone.say('Every frame arrives, 一つずつ。')
    const listener = createListener('caller')
    await stream.waitFor('media', stream.of('media').length + 2)
    const words = stream
      .of('media')
      .flatMap(({ media }) =>
        listener.push(decodeMulaw(Buffer.from((media as { payload: string }).payload, 'base64'))),
      )
    expect(textOf([...words, ...listener.flush()])).toBe('Every frame arrives, 一つずつ。')
  })

  it('keys, one a message', async () => {
    const { phone, stream } = await connected()
    phone.press('1#')
    await stream.waitFor('dtmf', 2)
    expect(stream.of('dtmf').map(({ dtmf }) => dtmf)).toEqual([
      { track: 'inbound_track', digit: '1' },
      { track: 'inbound_track', digit: '#' },
    ])
    expect(() => phone.press('x')).toThrow('no key')
  })

  it('stop, then a close, when the caller hangs up', async () => {
    const { phone, stream } = await connected()
    phone.hangUp()
    const stop = await stream.waitFor('stop')
    expect(stop).toMatchObject({
      streamSid: stream.streamSid,
      stop: { accountSid: scene.carrier.account.sid, callSid: phone.callSid },
    })
    expect(await stream.waitForClose()).toEqual({ code: 1000 })
    expect(stream.events.at(-1)?.event).toBe('stop')
  })
})

describe('what a stream plays', () => {
  it('bytes of any length in order, and marks when their audio has been played', async () => {
    const { phone, stream } = await connected()
    await stream.waitFor('media')
    const bytes = encodeMulaw(speak('One two three four', 'assistant'))
    const sentAt = performance.now()
    stream.mark('at-once')
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 5 + 3) % 700) {
      stream.media(bytes.subarray(at, at + size))
    }
    stream.mark('end')
    await stream.waitFor('mark', 2)
    const [atOnce, end] = stream.of('mark')
    expect(atOnce).toMatchObject({ mark: { name: 'at-once' }, streamSid: stream.streamSid })
    expect((atOnce?.at ?? 0) - sentAt).toBeLessThan(80)
    expect(end).toMatchObject({ mark: { name: 'end' } })
    expect(Math.abs((end?.at ?? 0) - sentAt - bytes.length / 8)).toBeLessThan(100)
    expect(phone.heardText()).toBe('One two three four')
  })

  it('nothing after a clear, which echoes the pending marks in order', async () => {
    const { phone, stream } = await connected()
    await stream.waitFor('media')
    stream.media(
      encodeMulaw(speak('A long sentence that will be cut off before anybody hears its end', 'assistant')),
    )
    stream.mark('one')
    stream.media(silence(400))
    stream.mark('two')
    await phone.waitToHear(/long/)
    const clearedAt = performance.now()
    stream.clear()
    await stream.waitFor('mark', 2)
    expect(stream.of('mark').map(({ mark }) => mark)).toEqual([{ name: 'one' }, { name: 'two' }])
    expect((stream.of('mark')[1]?.at ?? 0) - clearedAt).toBeLessThan(80)
    const cutAt = phone.ms
    stream.media(encodeMulaw(speak('New', 'assistant')))
    await phone.waitToHear(/new$/i)
    expect(phone.heardText()).not.toMatch(/anybody/)
    expect(phone.heard.filter(({ startMs, damaged }) => startMs > cutAt + 40 && damaged)).toEqual([])
  })

  it('silence when the server sends too little, heard as a gap', async () => {
    const { phone, stream } = await connected()
    await stream.waitFor('media')
    const bytes = encodeMulaw(speak('Something is missing here', 'assistant'))
    stream.media(bytes.subarray(0, bytes.length / 2))
    stream.mark('half')
    await stream.waitFor('mark')
    await stream.waitFor('media', stream.of('media').length + 5)
    stream.media(bytes.subarray(bytes.length / 2))
    await phone.waitToHear(/here/)
    expect(phone.heardText()).toMatch(/▯/)
    expect(phone.longestSilence(phone.heard[0]?.startMs, phone.heard.at(-1)?.endMs).ms).toBeGreaterThan(70)
  })
})

describe('what a stream does not understand', () => {
  it.each([
    ['not JSON', '{'],
    ['an unknown event', { event: 'hello' }],
    ['an unexpected field', { event: 'clear', extra: 1 }],
    ['an unexpected inner field', { event: 'media', media: { payload: '', track: 'outbound' } }],
    ['a missing field', { event: 'mark', mark: {} }],
    ['a wrong streamSid', { event: 'clear', streamSid: 'MZ0' }],
    ['no base64', { event: 'media', media: { payload: '???' } }],
  ])('gets warning 31951 once for %s, and the stream goes on', async (_, message) => {
    scene.carrier.debugger.expect('31951')
    const { stream } = await connected()
    for (let time = 0; time < 3; time += 1) {
      if (typeof message === 'string') stream.socket.send(message)
      else stream.send(message)
    }
    stream.mark('alive')
    await stream.waitFor('mark')
    expect(scene.carrier.debugger.entries).toMatchObject([
      { code: '31951', level: 'warning', streamSid: stream.streamSid },
    ])
    expect([...scene.carrier.calls.values()][0]?.streams[0]?.invalid).toHaveLength(3)
  })

  it('gets warning 31950 for a binary frame', async () => {
    scene.carrier.debugger.expect('31950')
    const { stream } = await connected()
    stream.socket.send(Buffer.alloc(160))
    stream.mark('alive')
    await stream.waitFor('mark')
    expect(scene.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31950'])
  })

  it('gets 31924 for a frame that breaks WebSocket itself', async () => {
    scene.carrier.debugger.expect('31924')
    const { phone, stream } = await connected()
    ;(stream.socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket.write(
      Uint8Array.of(0x09, 0x01, 0x00),
    )
    expect(await phone.waitForEnd()).toBe('other-side')
    expect(scene.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31924'])
  })
})

describe('streams that cannot be opened', () => {
  async function refused(url: string, code: string) {
    scene.carrier.debugger.expect(code)
    scene.customer.pages['/voice'] =
      `<Response><Connect><Stream url="${url}" statusCallback="/stream-status"/></Connect><Say>No stream</Say></Response>`
    const phone = scene.dial()
    await phone.waitToHear(/no stream/i)
    expect(scene.carrier.debugger.entries.map((entry) => entry.code)).toEqual([code])
    const told = await scene.customer.waitForAsked('/stream-status')
    expect(told.params).toMatchObject({
      StreamEvent: 'stream-error',
      StreamError: expect.stringContaining('Stream'),
    })
  }

  it('31922 for another scheme', () => refused('ftp://127.0.0.1/media', '31922'))
  it('31922 for ws:// unless it is allowed', async () => {
    scene.carrier.switches.allowInsecureStreams = false
    await refused(`${scene.customer.url.replace('http', 'ws')}/media`, '31922')
  })
  it('31923 for no URL', () => refused('wss://', '31923'))
  it('31902 when nobody listens', () => refused('ws://127.0.0.1:1/media', '31902'))
  it('31910 when it is not TLS', () => refused(`${scene.customer.url.replace('http', 'wss')}/media`, '31910'))
  it('31920 for another answer than 101', async () => {
    scene.customer.upgrade.refuseWith = 403
    await refused(`${scene.customer.url.replace('http', 'ws')}/media`, '31920')
  })
})

describe('a stream that nobody answers', () => {
  const slow = useScene({ limits: { streamConnectMs: 150 } })
  it('is 31901', async () => {
    const mute = createServer(() => {})
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as { port: number }
    slow.carrier.debugger.expect('31901')
    slow.customer.pages['/voice'] =
      `<Response><Connect><Stream url="ws://127.0.0.1:${port}/"/></Connect></Response>`
    expect(await slow.dial().waitForEnd()).toBe('other-side')
    expect(slow.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31901'])
    mute.close()
  })
})

describe('addresses', () => {
  const far = useScene({ publicUrl: 'https://bridge.example.com' })
  it('of the public host are signed for it and reached elsewhere', async () => {
    far.customer.pages['/voice'] = far.connect()
    const phone = far.dial()
    const stream = await far.customer.waitForStream()
    expect(stream.url).toBe('wss://bridge.example.com/media')
    expect(stream.headers.host).toBe('bridge.example.com')
    expect(far.customer.asked[0]?.headers.host).toBe('bridge.example.com')
    phone.hangUp()
  })

  it('lose their query, with a warning', async () => {
    scene.carrier.debugger.expect('12200')
    const url = `${scene.customer.url.replace('http', 'ws')}/media`
    scene.customer.pages['/voice'] =
      `<Response><Connect><Stream url="${url}?token=secret"/></Connect></Response>`
    scene.dial()
    const stream = await scene.customer.waitForStream()
    expect(stream.url).toBe(url)
    await stream.waitFor('start')
    expect(scene.carrier.debugger.entries[0]?.message).toContain('query')
  })

  it('may be relative to the document', async () => {
    scene.customer.pages['/voice'] = '<Response><Connect><Stream url="/media/1"/></Connect></Response>'
    scene.dial()
    expect((await scene.customer.waitForStream()).url).toMatch(/^ws:.*\/media\/1$/)
  })

  it('leave out parameters of 500 characters', async () => {
    scene.carrier.debugger.expect('12200')
    const long = 'x'.repeat(496)
    const { stream } = await connected({
      inner: `<Parameter name="four" value="${long}"/><Parameter name="3" value="${long}"/>`,
    })
    expect(stream.of('start')[0]?.start).toMatchObject({ customParameters: { 3: long } })
    expect(scene.carrier.debugger.entries).toHaveLength(1)
  })
})

describe('a server that does not read', () => {
  const scarce = useScene({ limits: { streamBufferBytes: -1 } })
  it('loses audio, with warning 31930 once', async () => {
    scarce.carrier.debugger.expect('31930')
    scarce.customer.pages['/voice'] = scarce.connect()
    const phone = scarce.dial()
    const stream = await scarce.customer.waitForStream()
    await stream.waitFor('start')
    await phone.say('Hello')
    expect(stream.of('media')).toEqual([])
    expect(scarce.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31930'])
  })
})
