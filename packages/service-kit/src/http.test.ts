import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { Fault, getCall, newId, Problem } from '@toritsugi/contracts'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiKeyIdentity, apiKeyAuth, hashKey } from './api-key-auth.ts'
import { buildHttp, type Http, type HttpOptions } from './http.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { serveOperation } from './operation-route.ts'

const apps: Http[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function build(
  options: Partial<HttpOptions> = {},
  routes: (app: Http) => void | Promise<void> = () => {},
) {
  const lines: string[] = []
  const log = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line) => lines.push(line) },
  })
  const app = await buildHttp({ log, metrics: createMetrics('test'), ...options })
  await routes(app)
  apps.push(app)
  return { app, lines }
}

describe('problems', () => {
  const echo = (app: Http) => {
    app.post(
      '/echo/:id',
      {
        schema: {
          params: z.object({ id: z.string().max(5) }),
          body: z.object({ text: z.string(), n: z.number() }),
        },
      },
      async (request) => request.body,
    )
    app.get('/fault', async () => {
      throw new Fault('call.not-found', { detail: 'no call call_1' })
    })
    app.get('/busy', async () => {
      throw new Fault('database.unavailable', { cause: new Error('ECONNREFUSED 10.0.0.1') })
    })
    app.get('/bug', async () => {
      throw new TypeError('cannot read secret of undefined')
    })
    app.get(
      '/misshapen',
      { schema: { response: { 200: z.object({ n: z.number() }) } } },
      async () => ({ n: 'x' }) as never,
    )
  }
  const json = { 'content-type': 'application/json' }
  const rows: [
    string,
    { method: 'GET' | 'POST' | 'DELETE'; url: string; payload?: string; headers?: Record<string, string> },
    number,
    string,
  ][] = [
    [
      'a body that does not fit',
      { method: 'POST', url: '/echo/1', payload: '{"text":1}', headers: json },
      400,
      'request.invalid',
    ],
    [
      'a path that does not fit',
      { method: 'POST', url: '/echo/123456', payload: '{"text":"a","n":1}', headers: json },
      400,
      'request.invalid',
    ],
    [
      'a body that is not JSON',
      { method: 'POST', url: '/echo/1', payload: '{nope', headers: json },
      400,
      'request.malformed',
    ],
    [
      'an empty body',
      { method: 'POST', url: '/echo/1', payload: '', headers: json },
      400,
      'request.malformed',
    ],
    [
      'a prototype in the body',
      { method: 'POST', url: '/echo/1', payload: '{"__proto__":{"a":1}}', headers: json },
      400,
      'request.malformed',
    ],
    [
      'another body type',
      { method: 'POST', url: '/echo/1', payload: '<a/>', headers: { 'content-type': 'text/xml' } },
      415,
      'request.unsupported-media-type',
    ],
    [
      'a form where none is taken',
      {
        method: 'POST',
        url: '/echo/1',
        payload: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      415,
      'request.unsupported-media-type',
    ],
    [
      'a body that is too large',
      { method: 'POST', url: '/echo/1', payload: `{"text":"${'x'.repeat(300_000)}"}`, headers: json },
      413,
      'request.too-large',
    ],
    ['no such address', { method: 'GET', url: '/nowhere' }, 404, 'route.not-found'],
    ['a wrong method', { method: 'DELETE', url: '/echo/1' }, 405, 'route.wrong-method'],
    ['a broken escape in the address', { method: 'GET', url: '/echo/%E0%A4%A' }, 400, 'request.malformed'],
    ['a fault', { method: 'GET', url: '/fault' }, 404, 'call.not-found'],
    ['a fault of the outside', { method: 'GET', url: '/busy' }, 503, 'database.unavailable'],
    ['a bug', { method: 'GET', url: '/bug' }, 500, 'internal.bug'],
    ['an answer that does not fit', { method: 'GET', url: '/misshapen' }, 500, 'internal.bug'],
  ]
  it.each(rows)('%s', async (_name, request, status, code) => {
    const { app } = await build({}, echo)
    const reply = await app.inject(request)
    expect(reply.statusCode).toBe(status)
    expect(reply.headers['content-type']).toContain('application/problem+json')
    const problem = Problem.parse(reply.json())
    expect(problem).toMatchObject({ status, code })
    expect(problem.requestId).toBe(reply.headers['x-request-id'])
    expect(reply.body).not.toMatch(/secret|ECONNREFUSED|10\.0\.0\.1/)
  })

  it('say where a body is wrong, every fault at once', async () => {
    const { app } = await build({}, echo)
    const reply = await app.inject({ method: 'POST', url: '/echo/1', payload: {} })
    expect(Problem.parse(reply.json()).errors?.map(({ path }) => path)).toEqual(['body.text', 'body.n'])
  })

  it('tell the methods an address takes', async () => {
    const { app } = await build({}, echo)
    expect((await app.inject({ method: 'DELETE', url: '/echo/1?x=1' })).headers.allow).toBe('POST')
  })

  it('ask to come back when that may help', async () => {
    const { app } = await build({}, echo)
    expect((await app.inject('/busy')).headers['retry-after']).toBe('1')
    expect((await app.inject('/fault')).headers).not.toHaveProperty('retry-after')
  })

  it('keep the cause in the log', async () => {
    const { app, lines } = await build({}, echo)
    await app.inject('/bug')
    expect(lines.find((line) => line.includes('request broke'))).toContain('cannot read')
  })
})

describe('requests', () => {
  it('keep an id that is sane and get a new one otherwise', async () => {
    const { app } = await build()
    const given = await app.inject({ url: '/healthz', headers: { 'x-request-id': 'edge-42' } })
    expect(given.headers['x-request-id']).toBe('edge-42')
    const odd = await app.inject({ url: '/healthz', headers: { 'x-request-id': 'a b<script>' } })
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('may be forms where wanted', async () => {
    const { app } = await build({ forms: true }, (http) => {
      http.post('/form', async (request) => request.body as object)
    })
    const reply = await app.inject({
      method: 'POST',
      url: '/form',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'From=%2B81&To=a+b',
    })
    expect(reply.json()).toEqual({ From: '+81', To: 'a b' })
  })

  it('that are no HTTP, or have endless headers, are answered and closed', async () => {
    const { app } = await build()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        let heard = ''
        socket.on('data', (data) => {
          heard += data.toString()
        })
        socket.on('close', () => resolve(heard))
        socket.on('error', reject)
      })
    expect(await say('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*request\.malformed/)
    expect(await say(`GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [\s\S]*request\.too-large/,
    )
  })

  it('have a deadline for their handler', async () => {
    const { app } = await build({ handlerTimeoutMs: 30 }, (http) => {
      http.get('/slow', () => new Promise(() => {}))
    })
    const reply = await app.inject('/slow')
    expect(reply.statusCode).toBe(503)
    expect(reply.json()).toMatchObject({ code: 'service.unavailable' })
  })

  it('meet limits: none of them is endless', async () => {
    const { app } = await build()
    const { server } = app
    expect([server.requestTimeout, server.headersTimeout, server.keepAliveTimeout, server.timeout]).toEqual([
      15_000, 10_000, 30_000, 60_000,
    ])
  })
})

describe('health', () => {
  it('says alive, and ready only when every check passes in time', async () => {
    const state = { bus: true, database: true }
    const { app } = await build({
      checks: {
        bus: () => state.bus,
        database: async () => {
          if (!state.database) throw new Error('gone')
          return true
        },
      },
    })
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    expect((await app.inject('/readyz')).json()).toEqual({
      status: 'ready',
      checks: { bus: true, database: true },
    })
    state.database = false
    const failing = await app.inject('/readyz')
    expect(failing.statusCode).toBe(503)
    expect(failing.json()).toEqual({ status: 'not-ready', checks: { bus: true, database: false } })
    expect((await app.inject('/healthz')).statusCode).toBe(200)
  })

  it('gives metrics with the route as a pattern', async () => {
    const { app } = await build({}, (http) => {
      http.get('/things/:id', async () => ({}))
    })
    await app.inject('/things/42')
    const { body } = await app.inject('/metrics')
    expect(body).toMatch(/toritsugi_http_ms_count\{.*route="\/things\/:id",status="200"\} 1/)
    expect(body).toContain('process_cpu_seconds_total')
  })
})

describe('API keys', () => {
  const key = (scope: ApiKeyIdentity['scope'], expiresAt: string | null = null): ApiKeyIdentity => ({
    id: newId('key'),
    name: scope,
    scope,
    expiresAt,
  })
  const keys = new Map([
    [hashKey('viewer-key-1'), key('viewer')],
    [hashKey('admin-key-1'), key('admin')],
    [hashKey('old-key-1'), key('admin', '2020-01-01T00:00:00.000Z')],
  ])
  const secured = async (http: Http) => {
    await http.register(async (scope) => {
      await scope.register(apiKeyAuth, { findKey: async (hash) => keys.get(hash) ?? null })
      scope.get('/see', async (request) => ({ by: request.apiKey?.name }))
      scope.post('/do', { config: { scope: 'operator' } }, async () => ({}))
      scope.get('/open', { config: { scope: 'public' } }, async () => ({}))
    })
    http.get('/beside', async () => ({}))
  }
  const rows: [string, 'GET' | 'POST', string, string | undefined, number, string | undefined][] = [
    ['no key', 'GET', '/see', undefined, 401, 'auth.missing'],
    ['another scheme', 'GET', '/see', 'Basic dTpw', 401, 'auth.missing'],
    ['an unknown key', 'GET', '/see', 'Bearer nobody-knows', 401, 'auth.unknown-key'],
    ['an expired key', 'GET', '/see', 'Bearer old-key-1', 401, 'auth.expired-key'],
    ['a key that may', 'GET', '/see', 'Bearer viewer-key-1', 200, undefined],
    ['a key that may not', 'POST', '/do', 'Bearer viewer-key-1', 403, 'auth.forbidden'],
    ['a wider key', 'POST', '/do', 'bearer admin-key-1', 200, undefined],
    ['a public route', 'GET', '/open', undefined, 200, undefined],
    ['a route beside', 'GET', '/beside', undefined, 200, undefined],
  ]
  it.each(rows)('%s', async (_name, method, url, authorization, status, code) => {
    const { app } = await build({}, secured)
    const reply = await app.inject({
      method,
      url,
      headers: authorization === undefined ? {} : { authorization },
    })
    expect(reply.statusCode).toBe(status)
    if (code !== undefined) expect(reply.json()).toMatchObject({ code })
    expect(reply.headers['www-authenticate'] !== undefined).toBe(status === 401)
  })
})

describe('operations of the contract', () => {
  it('are served as it writes them, and documented', async () => {
    const { app } = await build({ openApi: { title: 'Test', version: '1' } }, async (http) => {
      serveOperation(http, getCall, async () => {
        throw new Fault('call.not-found')
      })
    })
    expect((await app.inject(`/api/v1/calls/${newId('call')}`)).json()).toMatchObject({
      code: 'call.not-found',
    })
    expect((await app.inject('/api/v1/calls/nonsense')).json()).toMatchObject({ code: 'request.invalid' })
    const document = (await app.inject('/openapi.json')).json() as {
      openapi: string
      paths: Record<string, { get: { operationId: string } }>
    }
    expect(document.openapi).toBe('3.1.0')
    expect(document.paths['/api/v1/calls/{id}']?.get.operationId).toBe('getCall')
    expect(Object.keys(document.paths)).not.toContain('/healthz')
  })
})
