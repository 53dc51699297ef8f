import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useModel } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const key = (name: string) => ({ headers: { authorization: `Bearer ${name}` } })

describe('connecting', () => {
  it.each([
    ['a wrong key', key('sk-wrong'), {}, 'invalid_api_key', 3000],
    ['no model', { query: '' }, {}, 'missing_model', 4000],
    ['an unknown model', { query: '?model=gpt-9' }, {}, 'invalid_model', 4000],
    [
      'an unknown model, the other way',
      { query: '?model=gpt-9' },
      { badModel: 'model_not_found' },
      'model_not_found',
      4004,
    ],
    ['no key, told in-band', { headers: {} }, { missingKey: 'in-band' }, 'invalid_api_key', 3000],
  ] as const)(
    '%s: the upgrade succeeds, then an error event, then the close',
    async (_, options, switches, code, close) => {
      const server = await start({ switches })
      const client = new WireClient(server, options)
      const { error } = await client.until('error')
      expect(error).toMatchObject({ type: 'invalid_request_error', code, event_id: null })
      expect(await client.closed).toEqual({ code: close, reason: `invalid_request_error.${code}` })
      expect(client.order).toEqual(['error'])
      expect(server.sessions).toHaveLength(0)
      expect(server.debugger.entries).toMatchObject([{ code, sessionId: null }])
    },
  )

  it('refuses the beta header', async () => {
    const server = await start()
    const headers = { authorization: `Bearer ${server.apiKey}`, 'openai-beta': 'realtime=v1' }
    const client = new WireClient(server, { headers })
    expect(await client.until('error')).toHaveProperty('error.code', 'beta_api_shape_disabled')
    expect(await client.closed).toMatchObject({
      code: 4000,
      reason: 'invalid_request_error.beta_api_shape_disabled',
    })
  })

  it.each([
    ['no key', { headers: {} }, {}, 401, 'invalid_api_key'],
    ['a wrong key', key('sk-wrong'), { badKey: 'http' }, 401, 'invalid_api_key'],
    ['an unknown model', { query: '?model=gpt-9' }, { badModel: 'http' }, 404, 'model_not_found'],
    ['another path', { path: '/v1/imaginary' }, {}, 404, 'unknown_url'],
  ] as const)('%s: refused before the upgrade', async (_, options, switches, status, code) => {
    const client = new WireClient(await start({ switches }), options)
    const refused = await client.refused
    expect(refused.status).toBe(status)
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code } })
  })

  it('refuses for a while when told to, with Retry-After', async () => {
    const server = await start({ faults: [{ kind: 'refuse-upgrade', status: 429, retryAfterS: 2 }] })
    expect(await new WireClient(server).refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2' },
    })
    await new WireClient(server).until('session.created')
  })

  it('turns a session away in-band with any code', async () => {
    const fault = {
      kind: 'refuse-session',
      code: 'insufficient_quota',
      type: 'insufficient_quota',
      closeCode: 4029,
    } as const
    const client = new WireClient(await start({ faults: [fault] }))
    expect(await client.until('error')).toHaveProperty('error.code', 'insufficient_quota')
    expect(await client.closed).toMatchObject({ code: 4029 })
  })

  it.each([
    [
      'Azure by header and deployment',
      (apiKey: string) => ({
        path: '/openai/realtime',
        query: '?api-version=x&deployment=mine',
        headers: { 'api-key': apiKey },
      }),
    ],
    [
      'Azure by its GA path',
      (apiKey: string) => ({
        path: '/openai/v1/realtime',
        query: '?model=mine',
        headers: { 'api-key': apiKey },
      }),
    ],
    ['TLS', (apiKey: string) => ({ secure: true, ...key(apiKey) })],
    [
      'a query before the model',
      (apiKey: string) => ({ query: '?x=1&model=gpt-realtime-mini', ...key(apiKey) }),
    ],
  ])('admits %s', async (_, options) => {
    const server = await start({ deployments: ['mine'] })
    await new WireClient(server, options(server.apiKey)).until('session.created')
  })

  it('can stay mute', async () => {
    const server = await start({ faults: [{ kind: 'mute' }] })
    const client = new WireClient(server)
    await new Promise((resolve) => client.socket.once('open', resolve))
    expect((await client.refusal({ type: 'response.cancel' })).code).toBe('response_cancel_not_active')
    expect(client.order).toEqual(['error'])
  })

  it('says plainly that its port is taken', async () => {
    const { port } = await start()
    await expect(start({ port })).rejects.toThrow('EADDRINUSE')
  })
})

describe('faults in a session', () => {
  const update = { type: 'session.update', event_id: 'u', session: { type: 'realtime', instructions: 'new' } }

  it('refuses an update once, whatever it holds', async () => {
    const server = await start({
      faults: [{ kind: 'refuse-update', code: 'server_error', type: 'server_error' }],
    })
    const client = new WireClient(server)
    await client.until('session.created')
    expect(await client.refusal(update)).toMatchObject({
      type: 'server_error',
      code: 'server_error',
      event_id: 'u',
    })
    client.send(update)
    await client.until('session.updated')
  })

  it('applies a delayed update only when it says so', async () => {
    const server = await start({ faults: [{ kind: 'delay', event: 'session.updated', ms: 80 }] })
    const client = new WireClient(server)
    await client.until('session.created')
    client.send(update)
    await client.refusal({ type: 'response.cancel' })
    expect(server.sessions[0]?.config.instructions).not.toBe('new')
    expect(client.order).not.toContain('session.updated')
    expect(await client.until('session.updated')).toHaveProperty('session.instructions', 'new')
  })

  it('drops without a close frame at the wanted moment', async () => {
    const server = await start({
      faults: [{ kind: 'drop', when: { event: 'response.output_audio.delta', nth: 2 } }],
    })
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    expect(await client.closed).toEqual({ code: 1006, reason: '' })
    const session = await server.waitForSession()
    await session.log.waitFor(({ type }) => type === 'socket.closed')
    expect(session.log.of('server', 'response.output_audio.delta')).toHaveLength(2)
  })

  it('strikes the nth response after a while, of the named session only', async () => {
    const server = await start({
      faults: [{ kind: 'close', session: 1, when: { response: 2, afterMs: 30 }, code: 1011, reason: 'oops' }],
    })
    for (const index of [0, 1]) {
      const client = await WireClient.ready(server)
      client.send({ type: 'response.create' })
      await client.until('response.done')
      client.send({ type: 'response.create' })
      if (index === 0) await client.until('response.done')
      else expect(await client.closed).toEqual({ code: 1011, reason: 'oops' })
    }
  })

  it('stalls with an open socket, and goes on where it stopped', async () => {
    const server = await start({
      faults: [{ kind: 'stall', when: { event: 'response.created' }, forMs: 400 }],
    })
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    await client.until('response.created')
    const began = performance.now()
    await client.until('response.output_item.added')
    expect(performance.now() - began).toBeGreaterThan(350)
    await client.until('response.done')
  })

  it('expires at a chosen moment', async () => {
    const server = await start({ faults: [{ kind: 'expire', when: { event: 'response.done' } }] })
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    expect(await client.until('error')).toHaveProperty('error.code', 'session_expired')
    expect((await client.closed).code).toBe(1001)
  })

  it('sends errors and unknown events out of the blue', async () => {
    const server = await start({
      faults: [
        { kind: 'error', when: { event: 'session.updated' } },
        { kind: 'unknown-event', when: { event: 'session.updated' }, event: { type: 'session.fancy', x: 1 } },
      ],
    })
    const client = await WireClient.ready(server)
    expect((await client.until('error')).error).toMatchObject({
      type: 'server_error',
      code: null,
      event_id: null,
    })
    expect(await client.until('session.fancy')).toMatchObject({ x: 1 })
  })

  it('fails and cuts responses', async () => {
    const server = await start({
      faults: [
        { kind: 'fail-response', response: 2, code: 'rate_limit_exceeded', message: 'Slow down.' },
        { kind: 'cut-response', response: 3, reason: 'max_output_tokens' },
      ],
    })
    const client = await WireClient.ready(server)
    const outcomes: unknown[] = []
    for (let count = 0; count < 4; count += 1) {
      client.send({ type: 'response.create' })
      outcomes.push(((await client.until('response.done')).response as JsonObject).status_details)
    }
    expect(outcomes).toMatchObject([
      null,
      { type: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
      { type: 'incomplete', reason: 'max_output_tokens' },
      null,
    ])
  })

  it('a client that drops in mid-response leaves nothing behind', async () => {
    const server = await start()
    const client = await WireClient.ready(server, {}, { transcription: { model: 'whisper-1' } })
    client.append(speak('Hello.', 'caller'))
    client.silence(300)
    await client.until('response.output_audio.delta')
    client.socket.terminate()
    const session = await server.waitForSession()
    await session.log.waitFor(({ type }) => type === 'socket.closed')
    expect(session.responses.size).toBe(0)
    const count = session.log.entries.length
    await new WireClient(server).until('session.created')
    expect(session.log.entries).toHaveLength(count)
  })
})
