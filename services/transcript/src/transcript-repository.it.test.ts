import { type CallId, type Envelope, type FactData, type FactType, newId } from '@toritsugi/contracts'
import { claimDueTimers, type Database, openDatabase } from '@toritsugi/db'
import { usePostgres } from '@toritsugi/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ended, started, storyStart, transcribed, turnId } from './core/stories.ts'
import { speaksForItsEpoch } from './transcript-events.ts'
import { expireLastFacts, transcriptStore } from './transcript-repository.ts'
import { createTranscriptRunner, type TranscriptRunner } from './transcript-runner.ts'

let db: Database
let runner: TranscriptRunner
const warned: string[] = []

beforeAll(async () => {
  const postgres = await usePostgres()
  db = openDatabase({ url: postgres.url('transcript'), schema: 'transcript' })
  const log = { info() {}, warn: (_fields: object, message: string) => warned.push(message) }
  runner = createTranscriptRunner({ store: transcriptStore(db), log })
})
afterAll(() => db?.close())

let sequence = 0
function fact<Type extends FactType>(
  callId: CallId,
  type: Type,
  data: FactData<Type>,
  source = '/media-bridge/1',
): Envelope {
  return {
    specversion: '1.0',
    id: newId('evt'),
    type,
    source,
    subject: callId,
    time: new Date(storyStart).toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    data,
  }
}
const streamStarted = (callId: CallId, epoch = 1) =>
  fact(
    callId,
    'stream.started',
    { epoch, carrierStreamId: `MZ${'0'.repeat(32)}`, podId: 'pod' },
    `/media-bridge/${epoch}`,
  )
const streamEnded = (callId: CallId, turns: number[], epoch = 1) =>
  fact(
    callId,
    'stream.ended',
    {
      epoch,
      because: 'stop',
      turns: turns.map(turnId),
      lengthMs: 9000,
      framesIn: 1,
      framesOut: 1,
      framesDropped: 0,
    },
    `/media-bridge/${epoch}`,
  )
const callEnded = (callId: CallId, streams = 1) =>
  fact(
    callId,
    'call.ended',
    {
      endReason: 'caller-hung-up',
      blame: 'nobody',
      answeredAt: null,
      endedAt: '2026-11-21T09:00:09.000Z',
      durationMs: 9000,
      streams,
    },
    '/call-control',
  )
const spoken = (callId: CallId, ...facts: ReturnType<typeof started>[]) =>
  facts.map((f) => fact(callId, f.type, f.data as never, `/media-bridge/${f.data.epoch}`))

const outboxOf = (callId: CallId) =>
  db.client.transcriptOutbox.findMany({ where: { lane: callId }, orderBy: { position: 'asc' } })
const applyAll = async (facts: Envelope[]) => {
  for (const one of facts) await runner.applyFact(one)
}

describe('a transcript in the database', () => {
  it('is put together from facts in any order, each applied once, and completed once', async () => {
    const callId = newId('call')
    const facts = [
      callEnded(callId),
      ...spoken(
        callId,
        transcribed(2, 'How much?'),
        ended(3, 'Twelve.', { by: 'assistant' }),
        ended(2, null),
        ended(1, 'Hello.', { by: 'assistant' }),
        started(2),
      ),
      streamEnded(callId, [1, 2, 3]),
      streamStarted(callId),
    ]
    await applyAll([...facts, ...facts])
    const transcript = await runner.find(callId)
    expect(transcript).toMatchObject({ callId, complete: true, missing: [] })
    expect(transcript?.utterances.map((u) => `${u.by}: ${u.text}`)).toEqual([
      'assistant: Hello.',
      'caller: How much?',
      'assistant: Twelve.',
    ])
    const published = await outboxOf(callId)
    expect(published.map((row) => row.envelope)).toMatchObject([
      {
        type: 'transcript.completed',
        source: '/transcript',
        sequence: 1,
        data: { utterances: 3, complete: true, missing: [] },
      },
    ])
    expect(await db.client.transcriptTimer.count({ where: { key: `last-facts:${callId}` } })).toBe(0)
  })

  it('waits 5 s by a durable deadline, then says what is missing and changes no more', async () => {
    const callId = newId('call')
    const before = Date.now()
    await applyAll([
      streamStarted(callId),
      ...spoken(callId, ended(1, 'Hello.', { by: 'assistant' }), started(2)),
      streamEnded(callId, [1, 2, 7]),
      callEnded(callId),
    ])
    const timer = await db.client.transcriptTimer.findUniqueOrThrow({
      where: { key: `last-facts:${callId}` },
    })
    expect(timer.dueAt.getTime() - before).toBeGreaterThanOrEqual(4990)
    expect(timer.dueAt.getTime() - before).toBeLessThan(15_000)
    expect(await outboxOf(callId)).toEqual([])

    await db.client.transcriptTimer.update({ where: { key: timer.key }, data: { dueAt: new Date(0) } })
    const expired = await db.inTransaction(async (tx) => {
      const [due] = await claimDueTimers(tx, 'transcript')
      return due === undefined ? null : expireLastFacts(tx, due)
    })
    expect(expired?.completed).toEqual({ utterances: 2, complete: false, missing: [turnId(2), turnId(7)] })
    expect((await outboxOf(callId)).map((row) => row.envelope)).toMatchObject([
      { data: { complete: false, missing: [turnId(2), turnId(7)] } },
    ])

    await applyAll(spoken(callId, transcribed(2, 'much too late')))
    expect(warned).toContain('fact came too late')
    expect((await runner.find(callId))?.utterances.map((u) => u.text)).toEqual(['Hello.', null])
    expect(await outboxOf(callId)).toHaveLength(1)
  })

  it('holds facts of a call it was never told of', async () => {
    const callId = newId('call')
    await applyAll(spoken(callId, ended(1, 'Anybody?')))
    expect(await runner.find(callId)).toMatchObject({ complete: false, utterances: [{ text: 'Anybody?' }] })
  })

  it('puts late words of an older stream in their place', async () => {
    const callId = newId('call')
    await applyAll([
      streamStarted(callId),
      ...spoken(callId, started(4), ended(4, null)),
      streamStarted(callId, 2),
      ...spoken(callId, ended(5, 'again', { epoch: 2 }), transcribed(4, 'before the line was lost')),
    ])
    expect((await runner.find(callId))?.utterances.map((u) => u.text)).toEqual([
      'before the line was lost',
      'again',
    ])
  })

  it('keeps every fact when many of one call come at the same time', async () => {
    const callId = newId('call')
    const numbers = Array.from({ length: 20 }, (_, i) => i + 1)
    const facts = numbers.flatMap((n) => spoken(callId, ended(n, `text ${n}`)))
    await Promise.all([...facts, streamEnded(callId, numbers), callEnded(callId)].map(runner.applyFact))
    const transcript = await runner.find(callId)
    expect(transcript?.utterances).toHaveLength(20)
    expect(transcript?.utterances.at(-1)?.text).toBe('text 20')
    expect(await outboxOf(callId)).toHaveLength(1)
  })

  it('keeps words with characters that a database cannot store', async () => {
    const callId = newId('call')
    await applyAll(spoken(callId, ended(1, 'a\u0000b\uD83Dc 😀')))
    expect((await runner.find(callId))?.utterances[0]?.text).toBe('a\uFFFDb\uFFFDc 😀')
  })

  it('is not made by a fact that does not concern it', async () => {
    const callId = newId('call')
    await runner.applyFact(fact(callId, 'session.lost', { epoch: 1, sessionId: null, code: 'x', attempt: 1 }))
    expect(await runner.find(callId)).toBeNull()
  })
})

describe('a fact of a stream', () => {
  it('is believed from its own source only', () => {
    const callId = newId('call')
    expect(speaksForItsEpoch(streamStarted(callId, 2))).toBe(true)
    expect(speaksForItsEpoch({ ...streamStarted(callId, 2), source: '/media-bridge/1' })).toBe(false)
    expect(speaksForItsEpoch({ ...streamStarted(callId, 2), source: '/call-control' })).toBe(false)
    expect(speaksForItsEpoch(callEnded(callId))).toBe(true)
  })
})
