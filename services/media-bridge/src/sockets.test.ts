import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { newCounts } from './bridge-metrics.ts'
import { FrameWriter } from './frame-writer.ts'
import { connectRealtime, type RealtimeSocket, realtimeUrl } from './realtime-socket.ts'
import { socketPool } from './socket-pool.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** A peer of our own: each upgrade is given to `onSocket`. */
async function peer(
  onSocket: (ws: WebSocket, request: IncomingMessage, socket: Duplex) => void,
): Promise<string> {
  const server: Server = createServer((_request, response) => response.writeHead(503).end())
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) => onSocket(ws, request, socket)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => {
    for (const ws of sockets.clients) ws.terminate()
    server.closeAllConnections()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/realtime`
}

const created = JSON.stringify({
  type: 'session.created',
  session: { id: 'sess_1', expires_at: 1_790_000_000 },
})
const endpoint = (url: string, over = {}) => ({
  url,
  apiKey: 'key',
  authStyle: 'bearer' as const,
  connectTimeoutMs: 500,
  ...over,
})

describe('the address of a session', () => {
  it.each([
    ['wss://api.openai.com/v1/realtime', 'bearer', 'wss://api.openai.com/v1/realtime?model=m'],
    ['ws://localhost:1/x?model=own', 'bearer', 'ws://localhost:1/x?model=own'],
    [
      'wss://a.openai.azure.com/openai/v1/realtime?deployment=d&api-version=v',
      'azure',
      'wss://a.openai.azure.com/openai/v1/realtime?deployment=d&api-version=v',
    ],
  ] as const)('%s with %s', (url, authStyle, expected) => {
    expect(realtimeUrl({ url, authStyle }, 'm')).toBe(expected)
  })
})

describe('a socket to the model', () => {
  it.each([
    ['bearer', { authorization: 'Bearer key' }],
    ['azure', { 'api-key': 'key' }],
  ] as const)('names itself in the %s style and waits for its session', async (authStyle, headers) => {
    let asked: IncomingMessage | undefined
    const url = await peer((ws, request) => {
      asked = request
      ws.send(created)
    })
    const socket = await connectRealtime(endpoint(url, { authStyle }), 'm', newCounts())
    expect(asked?.headers).toMatchObject(headers)
    expect(asked?.headers['openai-beta']).toBeUndefined()
    expect(socket).toMatchObject({ sessionId: 'sess_1', expiresAt: 1_790_000_000 })
    socket.close()
  })

  const error = (code: string) =>
    JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code, message: '' } })
  it.each([
    [
      'a wrong key told in-band',
      (ws: WebSocket) => ws.send(error('invalid_api_key')),
      'model.refused',
      false,
    ],
    [
      'a close that names the model',
      (ws: WebSocket) => ws.close(4000, 'x.invalid_model'),
      'model.refused',
      false,
    ],
    ['an early close', (ws: WebSocket) => ws.close(1011), 'model.unavailable', true],
    ['silence', () => {}, 'model.unavailable', true],
    ['nonsense', (ws: WebSocket) => ws.send('nonsense'), 'model.unavailable', true],
  ])('is not opened by %s', async (_story, behave, code, retryable) => {
    const url = await peer(behave)
    await expect(connectRealtime(endpoint(url), 'm', newCounts())).rejects.toMatchObject({ code, retryable })
  })

  it('is not opened by a server that answers in HTTP, or not at all', async () => {
    const server = createServer((_request, response) => response.writeHead(401).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await expect(connectRealtime(endpoint(`ws://127.0.0.1:${port}`), 'm', newCounts())).rejects.toMatchObject(
      {
        code: 'model.refused',
        detail: 'HTTP 401',
      },
    )
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await expect(connectRealtime(endpoint(`ws://127.0.0.1:${port}`), 'm', newCounts())).rejects.toMatchObject(
      {
        code: 'model.unavailable',
      },
    )
  })

  it('keeps what came before somebody listened, and tells its end also to who comes late', async () => {
    const url = await peer((ws) => {
      ws.send(created)
      ws.send('{"type":"early"}')
      ws.close(1001, 'over')
    })
    const socket = await connectRealtime(endpoint(url), 'm', newCounts())
    const heard: string[] = []
    await new Promise<void>((resolve) => {
      const look = () => (socket.isOpen() ? setImmediate(look) : setImmediate(resolve))
      look()
    })
    await new Promise<void>((resolve) =>
      socket.listen({
        message: (bytes) => heard.push(bytes.toString()),
        closed(code, again) {
          heard.push(`${code} ${again}`)
          resolve()
        },
        broke: expect.fail,
      }),
    )
    expect(heard).toEqual(['{"type":"early"}', '1001 over true'])
  })
})

describe('whole frames', () => {
  it('reach the other side between the messages of ws, and the oldest go when nobody reads', async () => {
    const heard: string[] = []
    let other: WebSocket | undefined
    const url = await peer((ws) => {
      other = ws
      ws.on('message', (data) => heard.push(String(data)))
    })
    const ws = new WebSocket(url)
    let raw: Duplex | undefined
    ws.on('upgrade', (response) => {
      raw = response.socket
    })
    await new Promise((resolve) => ws.once('open', resolve))
    let dropped = 0
    const writer = new FrameWriter(ws, raw as Duplex, {
      socketBytes: 1000,
      keptBytes: 50_000,
      dropped: (frames) => {
        dropped += frames
      },
    })
    // A frame masked with zeros, as long as 40,000 characters.
    const frame = (text: string): Buffer => {
      const payload = Buffer.from(text.padEnd(40_000, '.'))
      const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0])
      return Buffer.concat([head, payload])
    }
    other?.pause()
    for (let n = 0; n < 600; n++) writer.write(frame(`frame ${n}`))
    expect(dropped).toBeGreaterThan(0)
    expect(writer.waitingBytes()).toBeLessThan(40_000 * 200)
    const last = new Promise<void>((resolve) => {
      other?.on('message', (data) => String(data) === 'done' && resolve())
    })
    other?.resume()
    await new Promise<void>((resolve) => {
      const look = () => (writer.waitingBytes() === 0 ? resolve() : setImmediate(look))
      look()
    })
    ws.send('done')
    await last
    const numbers = heard.slice(0, -1).map((text) => Number(/^frame (\d+)\./.exec(text)?.[1]))
    expect(numbers).toHaveLength(600 - dropped)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(numbers.at(-1)).toBe(599)
    ws.terminate()
  })
})

describe('the pool of warm sockets', () => {
  const fake = (openedAt: number): RealtimeSocket & { closed: boolean } => ({
    closed: false,
    openedAt,
    sessionId: null,
    expiresAt: null,
    isOpen() {
      return !this.closed
    },
    listen() {},
    send() {},
    frames: { write: () => true },
    dropped: () => 0,
    probe() {},
    close() {
      this.closed = true
    },
  })
  const tick = () => new Promise((resolve) => setImmediate(resolve))

  it('gives a warm one and makes up for it; retires old ones', async () => {
    const made: ReturnType<typeof fake>[] = []
    const pool = socketPool({
      connect: async () => {
        const socket = fake(performance.now())
        made.push(socket)
        return socket
      },
      warm: 2,
      maxAgeMs: 300_000,
      firstModel: 'm',
      failed: () => expect.fail(),
    })
    await tick()
    expect(pool.size()).toBe(2)
    expect(await pool.take('m')).toEqual({ socket: made[0], warm: true })
    await tick()
    expect([pool.size(), made.length]).toEqual([2, 3])
    pool.tend(performance.now() + 300_001)
    await tick()
    expect(made.slice(1, 3).map(({ closed }) => closed)).toEqual([true, true])
    expect([pool.size(), made.length]).toEqual([2, 5])
    const other = await pool.take('another')
    expect(other.warm).toBe(false)
    pool.close()
    expect(made.filter(({ closed }) => !closed)).toHaveLength(2)
  })

  it('does not hammer a model that refuses', async () => {
    let tries = 0
    const failures: string[] = []
    const pool = socketPool({
      connect: async () => {
        tries++
        throw new Error('no')
      },
      warm: 1,
      maxAgeMs: 1000,
      firstModel: 'm',
      failed: (_error, model) => failures.push(model),
    })
    await tick()
    for (let n = 0; n < 50; n++) {
      pool.tend(performance.now())
      await tick()
    }
    expect([tries, failures]).toEqual([1, ['m']])
    await expect(pool.take('m')).rejects.toThrow('no')
    pool.close()
  })
})
