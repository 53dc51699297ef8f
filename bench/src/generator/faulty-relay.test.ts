import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startReferenceRelay } from '../reference/relay.ts'
import { damageOf } from '../rows/void-rules.ts'
import { runLoad } from './load.ts'
import type { CallTarget, LoadResult } from './load-types.ts'
import { startModelServer } from './model-server.ts'
import { FrameReader, frameOf } from './websocket-frames.ts'

/**
 * The harness must catch what it is there to catch: a good relay whose way to the model is spoilt on purpose.
 */

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A pipe in front of the model that shows each message of the subject to `spoil`, and sends what it returns. */
async function spoilt(modelPort: number, spoil: (text: string, n: number) => string[], delayMs = 0) {
  const server: Server = createServer((client: Socket) => {
    const model = connect(modelPort, '127.0.0.1')
    closers.push(() => {
      client.destroy()
      model.destroy()
    })
    let n = 0
    const reader = new FrameReader({
      text: (bytes, start, end) => {
        const out = spoil(bytes.toString('utf8', start, end), n++)
        const write = () => {
          for (const text of out) model.write(frameOf(Buffer.from(text), true))
        }
        if (delayMs > 0) setTimeout(write, delayMs)
        else write()
      },
      ping: () => {},
      close: () => model.end(),
      fault: () => model.end(),
    })
    client.once('data', (head) => {
      model.write(head)
      client.on('data', (chunk) => reader.push(Buffer.from(chunk)))
    })
    model.on('data', (chunk) => client.write(chunk))
    for (const [one, other] of [[client, model] as const, [model, client] as const]) {
      one.on('close', () => other.destroy())
      one.on('error', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const hex = (n: number): string => n.toString(16).padStart(32, '0')
const target = (port: number, index: number): CallTarget => ({
  host: '127.0.0.1',
  port,
  path: '/stream',
  headers: {},
  accountSid: `AC${hex(1)}`,
  callSid: `CA${hex(index)}`,
  streamSid: `MZ${hex(index)}`,
  customParameters: {},
})

async function load(spoil: (text: string, n: number) => string[], delayMs = 0): Promise<LoadResult> {
  const model = await startModelServer()
  closers.push(() => model.close())
  const port = await spoilt(model.port, spoil, delayMs)
  const relay = await startReferenceRelay(`ws://127.0.0.1:${port}/v1/realtime`)
  closers.push(() => relay.close())
  const spec = {
    calls: [target(relay.port, 0), target(relay.port, 1)],
    callsPerSecond: 100,
    rhythm: {
      thinkMs: 20,
      callerMs: 100,
      replyMs: 400,
      greetingMs: 200,
      pace: 4,
      pauseMs: 50,
      bargeInAfterMs: null,
    },
    asksForGreeting: false,
    settleMs: 100,
    measureMs: 600,
    subjectPid: null,
    subjectCore: null,
    seed: 3,
    drainMs: 300,
  }
  return runLoad(spec, model)
}

const isAppend = (text: string): boolean => text.includes('input_audio_buffer.append')

describe('the harness catches', () => {
  it('nothing, when nothing is wrong', async () => {
    const result = await load((text) => [text])
    expect(damageOf(result)).toBe(0)
    expect(result.faults).toEqual({})
  })

  it('one dropped frame', async () => {
    const result = await load((text, n) => (n === 20 ? [] : [text]))
    expect(result.toModel.lost).toBe(2)
  })

  it('two frames that changed places', async () => {
    let held: string | undefined
    const result = await load((text, n) => {
      if (n === 20) held = text
      if (n === 20) return []
      if (n === 21) return [text, held as string]
      return [text]
    })
    expect(result.toModel.reordered).toBeGreaterThan(0)
  })

  it('one changed letter of the audio', async () => {
    const spoil = (text: string, n: number) =>
      n === 20 && isAppend(text)
        ? [text.replace(/(.{100})(.)/, (_, before, one) => `${before}${one === 'A' ? 'B' : 'A'}`)]
        : [text]
    const result = await load(spoil)
    expect(result.toModel.altered).toBeGreaterThan(0)
  })

  it('a frame said twice', async () => {
    const result = await load((text, n) => (n === 20 ? [text, text] : [text]))
    expect(result.toModel.duplicated).toBe(2)
  })

  it('a relay that is 30 ms slow', async () => {
    const result = await load((text) => [text], 30)
    expect(damageOf(result)).toBe(0)
    expect(result.toModelMs.p50).toBeGreaterThan(28)
    expect(result.toCallerMs.p50).toBeLessThan(20)
  })

  it('text that is not a message', async () => {
    const result = await load((text, n) => (n === 20 ? ['{"type":'] : [text]))
    expect(result.faults).toMatchObject({ 'to the model: text that is not JSON': 2 })
  })
})
