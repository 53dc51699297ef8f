import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type Bus, connectBus } from '@toritsugi/bus'
import {
  type CallId,
  type Envelope,
  type FactData,
  type FactType,
  newId,
  transcriptCompleted,
  verifyKey,
} from '@toritsugi/contracts'
import { createLogger, createMetrics, readConfig } from '@toritsugi/service-kit'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { transcriptConfig } from './config.ts'
import { ended, started, transcribed, turnId } from './core/stories.ts'

let bus: Bus
let raw: NatsConnection
let app: Awaited<ReturnType<typeof buildApp>>['app']
const completed = new Map<string, (fact: FactData<'transcript.completed'>) => void>()
const lines: string[] = []

beforeAll(async () => {
  const postgres = await usePostgres()
  const nats = await useNats()
  const config = readConfig(transcriptConfig, {
    PROFILE: 'local',
    NATS_URL: nats.url,
    DATABASE_URL: postgres.url('transcript'),
  })
  const log = createLogger({
    service: 'transcript',
    level: 'info',
    destination: { write: (line: string) => lines.push(line) },
  })
  const built = await buildApp({
    config,
    log,
    metrics: createMetrics('transcript'),
    isStopping: () => false,
  })
  app = built.app
  bus = await connectBus({ url: nats.url, name: 'test' })
  raw = await connect({ servers: nats.url })
  bus.answer(verifyKey, async () => ({
    ok: true,
    value: { key: { id: newId('key'), name: 'test', scope: 'viewer' as const, expiresAt: null } },
  }))
  await bus.on({
    durable: 'test',
    channels: [transcriptCompleted],
    async handle({ subject, data }) {
      completed.get(subject ?? '')?.(data)
    },
  })
  afterAll(async () => {
    await app.close()
    await built.close?.()
    await bus.close()
    await raw.close()
  })
})

const whenCompleted = (callId: CallId) =>
  new Promise<FactData<'transcript.completed'>>((resolve) => completed.set(callId, resolve))

let sequence = 0
async function say<Type extends FactType>(callId: CallId, type: Type, data: FactData<Type>, source?: string) {
  const epoch = 'epoch' in data ? data.epoch : null
  const envelope: Envelope = {
    specversion: '1.0',
    id: newId('evt'),
    type,
    source: source ?? (epoch === null ? '/call-control' : `/media-bridge/${epoch}`),
    subject: callId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    data,
  }
  await bus.publish(envelope)
}
const speak = (callId: CallId, fact: ReturnType<typeof started>) => say(callId, fact.type, fact.data as never)
const streamEnded = (callId: CallId, turns: number[]) =>
  say(callId, 'stream.ended', {
    epoch: 1,
    because: 'stop',
    turns: turns.map(turnId),
    lengthMs: 9000,
    framesIn: 1,
    framesOut: 1,
    framesDropped: 0,
  })
const callEnded = (callId: CallId) =>
  say(callId, 'call.ended', {
    endReason: 'caller-hung-up',
    blame: 'nobody',
    answeredAt: null,
    endedAt: '2026-11-21T09:00:09.000Z',
    durationMs: 9000,
    streams: 1,
  })
const get = (callId: string, query = '', headers: Record<string, string> = {}) =>
  app.inject({
    url: `/api/v1/calls/${callId}/transcript${query}`,
    headers: { authorization: 'Bearer tk_test_0123456789', ...headers },
  })

describe('a call', () => {
  it('is written down, completed, and had as JSON, text and WebVTT', async () => {
    const callId = newId('call')
    const done = whenCompleted(callId)
    await say(callId, 'stream.started', {
      epoch: 1,
      carrierStreamId: `MZ${'0'.repeat(32)}`,
      podId: 'pod',
    })
    await speak(callId, ended(1, 'Hello, <Acme>.', { by: 'assistant' }))
    await speak(callId, started(2))
    await speak(callId, ended(2, null))
    await speak(callId, ended(3, 'Twelve.', { by: 'assistant' }))
    await callEnded(callId)
    await streamEnded(callId, [1, 2, 3])
    await speak(callId, transcribed(2, 'How much?'))
    expect(await done).toEqual({ utterances: 3, complete: true, missing: [] })

    const json = await get(callId)
    expect(json.headers['content-type']).toMatch(/^application\/json/)
    expect(json.json()).toMatchObject({
      callId,
      complete: true,
      utterances: [{ by: 'assistant' }, { by: 'caller', text: 'How much?' }, { by: 'assistant' }],
    })
    const text = await get(callId, '?format=text')
    expect(text.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(text.body).toBe(
      '[00:01] Assistant: Hello, <Acme>.\n[00:02] Caller: How much?\n[00:03] Assistant: Twelve.\n',
    )
    const vtt = await get(callId, '', { accept: 'text/vtt' })
    expect(vtt.headers['content-type']).toBe('text/vtt; charset=utf-8')
    expect(vtt.body).toContain('00:00:01.000 --> 00:00:01.500\n<v Assistant>Hello, &lt;Acme&gt;.')
    // What is asked for in the address wins.
    expect((await get(callId, '?format=json', { accept: 'text/vtt' })).json()).toEqual(json.json())
  })

  it('is completed after 5 s when something never comes', async () => {
    const callId = newId('call')
    const done = whenCompleted(callId)
    await streamEnded(callId, [1])
    await callEnded(callId)
    expect(await done).toEqual({ utterances: 0, complete: false, missing: [turnId(1)] })
    expect((await get(callId, '?format=text')).body).toContain('1 turn is missing')
  })

  it('is refused in good order when the request is bad', async () => {
    expect((await get(newId('call'))).json()).toMatchObject({ status: 404, code: 'transcript.not-found' })
    expect((await get('banana')).json()).toMatchObject({ status: 400, code: 'request.invalid' })
    expect((await get(newId('call'), '?format=pdf')).json()).toMatchObject({ code: 'request.invalid' })
    const noKey = await app.inject({ url: `/api/v1/calls/${newId('call')}/transcript` })
    expect(noKey.json()).toMatchObject({ status: 401, code: 'auth.missing' })
    expect(noKey.headers['content-type']).toMatch(/problem\+json/)
  })

  it('does not believe a source that speaks for another stream, and goes on', async () => {
    const callId = newId('call')
    const done = whenCompleted(callId)
    await say(callId, 'turn.ended', ended(1, 'forged').data as never, '/media-bridge/7')
    await speak(callId, ended(2, 'true'))
    await streamEnded(callId, [2])
    await callEnded(callId)
    await done
    expect((await get(callId)).json().utterances).toMatchObject([{ text: 'true' }])
    expect(lines.some((line) => line.includes('fact of another epoch refused'))).toBe(true)
  })

  it('is not hindered by messages that are no facts', async () => {
    const callId = newId('call')
    const done = whenCompleted(callId)
    for (const bytes of ['not json', '{"specversion":"1.0"}', new Uint8Array([0xff, 0xfe, 0x00])]) {
      raw.publish(`calls.v1.${callId}.turn`, bytes)
    }
    await raw.flush()
    await callEnded(callId)
    await streamEnded(callId, [])
    expect(await done).toMatchObject({ complete: true })
  })
})
