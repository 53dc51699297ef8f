import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { exchange, largestAnswer } from './http-exchange.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function serve(listener: RequestListener): Promise<{ port: number; asked: () => number }> {
  let count = 0
  const server = createServer((request, response) => {
    count++
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  return { port: (server.address() as AddressInfo).port, asked: () => count }
}

const ask = (url: string, over: { privateHosts?: string[]; signal?: AbortSignal; body?: string } = {}) =>
  exchange(
    {
      url: new URL(url),
      method: over.body === undefined ? 'GET' : 'POST',
      headers: { 'x-test': 'a' },
      body: over.body ?? null,
    },
    {
      policy: { privateHosts: over.privateHosts ?? ['*'] },
      signal: over.signal ?? AbortSignal.timeout(10_000),
    },
  )
const failureOf = (asking: Promise<unknown>) =>
  asking.then(
    () => 'answered',
    (error: { failure?: string }) => error.failure,
  )

describe('an exchange', () => {
  it('sends headers and body, and reads the answer', async () => {
    const { port } = await serve((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ body, test: request.headers['x-test'], method: request.method }))
      })
    })
    const answer = await ask(`http://127.0.0.1:${port}/`, { body: '{"a":"あ"}' })
    expect(answer).toMatchObject({ status: 200, contentType: 'application/json' })
    expect(JSON.parse(answer.body)).toEqual({ body: '{"a":"あ"}', test: 'a', method: 'POST' })
  })

  it('does not follow a redirect', async () => {
    const target = await serve((_request, response) => response.end('secret'))
    const { port } = await serve((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end()
    })
    expect((await ask(`http://127.0.0.1:${port}/`)).status).toBe(302)
    expect(target.asked()).toBe(0)
  })

  it('goes to no closed address, by number or by name, unless the host is listed', async () => {
    const { port, asked } = await serve((_request, response) => response.end('x'))
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '0',
    ]) {
      const failure = await failureOf(ask(`http://${host}:${port}/`, { privateHosts: ['crm.internal'] }))
      expect(failure, host).toBe('address-not-allowed')
    }
    expect(asked()).toBe(0)
    expect((await ask(`http://localhost:${port}/`, { privateHosts: ['localhost'] })).status).toBe(200)
  })

  it('reads no more than it may', async () => {
    const { port } = await serve((_request, response) => {
      const part = Buffer.alloc(16_384, 'x')
      const more = () => {
        while (!response.destroyed && response.write(part));
        response.once('drain', more)
      }
      more()
    })
    expect(await failureOf(ask(`http://127.0.0.1:${port}/`))).toBe('answer-too-large')
    const just = await serve((_request, response) => response.end(Buffer.alloc(largestAnswer, 'x')))
    expect((await ask(`http://127.0.0.1:${just.port}/`)).body).toHaveLength(largestAnswer)
  })

  it('ends when it takes too long, before the answer and in the middle of it', async () => {
    const silent = await serve(() => {})
    const halting = await serve((_request, response) => {
      response.write('a')
    })
    for (const { port } of [silent, halting]) {
      expect(await failureOf(ask(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(100) }))).toBe(
        'aborted',
      )
    }
  })

  it('tells a network fault from the rest', async () => {
    const { port } = await serve((request) => request.socket.destroy())
    expect(await failureOf(ask(`http://127.0.0.1:${port}/`))).toBe('network')
    for (const close of open.splice(0)) await close()
    expect(await failureOf(ask(`http://127.0.0.1:${port}/`))).toBe('network')
  })
})
