import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEdge } from './edge-server.ts'
import { fallbackDocument } from './fallback-document.ts'

// A service that shows what reached it.
const service = createServer((incoming, outgoing) => {
  if (incoming.url?.startsWith('/api/twilio/voice/broken') || incoming.url === '/api/v1/broken') {
    outgoing.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"service.stopping"}')
    return
  }
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', (part: string) => {
    body += part
  })
  incoming.on('end', () => {
    const seen = { method: incoming.method, url: incoming.url, raw: incoming.rawHeaders, body }
    outgoing.writeHead(201, { 'content-type': 'application/json', 'X-Mixed-Case': 'kept' })
    outgoing.end(JSON.stringify(seen))
  })
})
service.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
  if (incoming.url?.endsWith('/forged')) {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    return
  }
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  socket.write(`${incoming.url} ${incoming.headers['x-twilio-signature']} ${incoming.headers.host}|`)
  socket.pipe(socket)
})

const origins = {
  'call-control': '',
  'media-bridge': '',
  'realtime-session': '',
  handoff: '',
  transcript: '',
}
const edge: Server = createEdge({ origins })
const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  await once(service.listen(0, '127.0.0.1'), 'listening')
  await once(edge.listen(0, '127.0.0.1'), 'listening')
  for (const name of Object.keys(origins) as (keyof typeof origins)[]) origins[name] = addressOf(service)
  // Nobody listens on the discard port.
  origins.handoff = 'http://127.0.0.1:9'
})
afterAll(() => {
  edge.closeAllConnections()
  service.closeAllConnections()
  edge.close()
  service.close()
})

type Seen = { method: string; url: string; raw: string[]; body: string }

describe('a request through the edge', () => {
  it('keeps method, path, query, body and the spelling of headers', async () => {
    const outgoing = request(`${addressOf(edge)}/api/twilio/status?a=%20b&a=c`, {
      method: 'POST',
      headers: [
        ...['Host', 'calls.example.com', 'X-Twilio-Signature', 'abc=', 'X-Custom', 'ü'],
        ...['Content-Type', 'application/x-www-form-urlencoded', 'Content-Length', '13'],
      ],
    })
    outgoing.end(Buffer.from('CallSid=CA123'))
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const seen = JSON.parse(await textOf(answer)) as Seen
    expect(answer.statusCode).toBe(201)
    expect(answer.rawHeaders).toContain('X-Mixed-Case')
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/api/twilio/status?a=%20b&a=c',
      body: 'CallSid=CA123',
    })
    expect(pairs(seen.raw)).toEqual(
      expect.arrayContaining([
        ['Host', 'calls.example.com'],
        ['X-Twilio-Signature', 'abc='],
        ['X-Custom', 'ü'],
        ['X-Forwarded-For', expect.stringContaining('127.0.0.1')],
        ['X-Forwarded-Proto', 'http'],
        ['X-Forwarded-Host', 'calls.example.com'],
      ]),
    )
  })

  it('keeps what a proxy before us said about the client', async () => {
    const seen = (await (
      await fetch(`${addressOf(edge)}/api/v1/calls`, {
        headers: { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' },
      })
    ).json()) as Seen
    expect(pairs(seen.raw)).toContainEqual(['X-Forwarded-For', expect.stringMatching(/^192\.0\.2\.7, .*127/)])
    expect(pairs(seen.raw)).toContainEqual(['x-forwarded-proto', 'https'])
  })

  it('is a 502 problem that names the service when that is down', async () => {
    const answer = await fetch(`${addressOf(edge)}/api/v1/desks`)
    expect(answer.status).toBe(502)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({
      code: 'service.unavailable',
      detail: 'The service handoff cannot be reached.',
      instance: '/api/v1/desks',
    })
  })

  it('passes on a problem of the service itself', async () => {
    const answer = await fetch(`${addressOf(edge)}/api/v1/broken`)
    expect(answer.status).toBe(503)
    expect(await answer.text()).toBe('{"code":"service.stopping"}')
  })

  it('to an unknown address is a 404 problem', async () => {
    const answer = await fetch(`${addressOf(edge)}/nothing`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'route.not-found' })
  })
})

describe('a caller hears something', () => {
  it.each(['/api/twilio/fallback', '/api/twilio/voice/broken'])('from %s', async (path) => {
    const answer = await fetch(`${addressOf(edge)}${path}`, { method: 'POST', body: 'CallSid=CA1' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/xml; charset=utf-8')
    expect(await answer.text()).toBe(fallbackDocument)
  })

  it('when the service that owes the document is away', async () => {
    const alone = createEdge({ origins: { ...origins, 'call-control': 'http://127.0.0.1:9' } })
    await once(alone.listen(0, '127.0.0.1'), 'listening')
    const answer = await fetch(`${addressOf(alone)}/api/twilio/voice`, { method: 'POST' })
    expect(await answer.text()).toBe(fallbackDocument)
    alone.closeAllConnections()
    alone.close()
  })
})

describe('a stream socket through the edge', () => {
  const open = async (path: string) => {
    const socket = connect((edge.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: calls.example.com\r\nX-Twilio-Signature: sig\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
    )
    return socket
  }

  it('reaches the bridge with its path and signature, and carries bytes both ways', async () => {
    const socket = await open('/api/twilio/media-stream/call_1')
    let got = ''
    socket.on('data', (part) => {
      got += part
      if (got.endsWith('|')) socket.write('ping!')
      if (got.endsWith('ping!')) socket.end()
    })
    await once(socket, 'close')
    expect(got).toMatch(/^HTTP\/1\.1 101 /)
    expect(got).toContain('/api/twilio/media-stream/call_1 sig calls.example.com|ping!')
  })

  it('gets the refusal of the bridge', async () => {
    const socket = await open('/api/twilio/media-stream/forged')
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('is refused anywhere else', async () => {
    const socket = await open('/api/v1/calls')
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 404 /)
  })
})

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const part of stream) text += part
  return text
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as [string, string]] : []))
}
