import { afterEach, describe, expect, it } from 'vitest'
import { startReferenceRelay } from '../reference/relay.ts'
import { runLoad } from './load.ts'
import type { CallTarget, LoadSpec } from './load-types.ts'
import { type ModelServer, startModelServer } from './model-server.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const hex = (n: number): string => n.toString(16).padStart(32, '0')
export const target = (port: number, index: number): CallTarget => ({
  host: '127.0.0.1',
  port,
  path: '/stream',
  headers: {},
  accountSid: `AC${hex(1)}`,
  callSid: `CA${hex(index)}`,
  streamSid: `MZ${hex(index)}`,
  customParameters: {},
})

const spec = (port: number, calls: number, changes: Partial<LoadSpec> = {}): LoadSpec => ({
  calls: Array.from({ length: calls }, (_, index) => target(port, index)),
  callsPerSecond: 200,
  rhythm: {
    thinkMs: 40,
    callerMs: 200,
    replyMs: 800,
    greetingMs: 400,
    pace: 4,
    pauseMs: 100,
    bargeInAfterMs: null,
  },
  asksForGreeting: false,
  settleMs: 200,
  measureMs: 1500,
  subjectPid: process.pid,
  subjectCore: null,
  seed: 7,
  ...changes,
})

async function model(): Promise<ModelServer> {
  const server = await startModelServer()
  closers.push(() => server.close())
  return server
}

describe('a load against the reference', () => {
  it('relays every frame of every call, in order, to the last byte', async () => {
    const server = await model()
    const relay = await startReferenceRelay(`ws://127.0.0.1:${server.port}/v1/realtime`)
    closers.push(() => relay.close())
    const result = await runLoad(spec(relay.port, 8), server)
    expect(result.faults).toEqual({})
    expect(result.toModel).toMatchObject({ lost: 0, reordered: 0, duplicated: 0, altered: 0, filledMs: 0 })
    expect(result.toModel.intact).toBe(result.toModel.sent)
    expect(result.toModel.sent).toBeGreaterThan(8 * 60)
    expect(result.toCaller).toMatchObject({ lost: 0, reordered: 0, duplicated: 0, altered: 0 })
    expect(result.toCaller.intact).toBe(result.toCaller.sent)
    expect(result.toCaller.sent).toBeGreaterThan(8 * 4)
    expect(result.marksPerDelta).toBe(1)
    expect(result.toModelMs.count).toBeGreaterThan(8 * 50)
    expect(result.shareMs.count).toBeGreaterThan(0)
    expect(result.subjectCpuMs).toBeGreaterThan(0)
  })
})
