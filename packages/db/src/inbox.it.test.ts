import { type CallId, type Envelope, newId } from '@toritsugi/contracts'
import { usePostgres } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { answerOnce, pruneCommandKeys } from './command-keys.ts'
import { openDatabase } from './database.ts'
import { type Applied, applyInOrder, applyOnce, pruneInbox } from './inbox.ts'
import { intendedFact } from './test-facts.ts'

const postgres = await usePostgres()
const db = openDatabase({ url: postgres.url('transcript'), schema: 'transcript' })
afterAll(() => db.close())

describe('a message', () => {
  it('has its effect once, also when it comes twelve times at once', async () => {
    const id = newId('evt')
    let effects = 0
    const results = await Promise.all(
      Array.from({ length: 12 }, () =>
        db.inTransaction((tx) =>
          applyOnce(tx, 'transcript', 'assemble', id, async () => {
            effects++
            await tx.$queryRaw`SELECT 1 FROM pg_sleep(0.01)`
          }),
        ),
      ),
    )
    expect(results.filter(Boolean)).toHaveLength(1)
    expect(effects).toBe(1)
  })

  it('has its effect once for each consumer', async () => {
    const id = newId('evt')
    const apply = (consumer: string) =>
      db.inTransaction((tx) => applyOnce(tx, 'transcript', consumer, id, async () => {}))
    expect([await apply('a'), await apply('b'), await apply('a')]).toEqual([true, true, false])
  })

  it('may come again when its effect failed', async () => {
    const id = newId('evt')
    const failing = db.inTransaction((tx) =>
      applyOnce(tx, 'transcript', 'assemble', id, async () => {
        throw new Error('no')
      }),
    )
    await expect(failing).rejects.toThrow('no')
    expect(await db.inTransaction((tx) => applyOnce(tx, 'transcript', 'assemble', id, async () => {}))).toBe(
      true,
    )
  })

  it('is forgotten after eight days', async () => {
    const id = newId('evt')
    await db.inTransaction((tx) => applyOnce(tx, 'transcript', 'old', id, async () => {}))
    await db.client
      .$executeRaw`UPDATE transcript.inbox SET created_at = now() - interval '9 days' WHERE message_id = ${id}`
    expect(await pruneInbox(db.client, 'transcript')).toBe(1)
    expect(await pruneInbox(db.client, 'transcript')).toBe(0)
  })
})

describe('messages of one call and source', () => {
  const fact = (callId: CallId, sequence: number, source?: string): Envelope => ({
    ...intendedFact({ callId, ...(source === undefined ? {} : { source }) }),
    sequence,
  })
  const apply = (envelope: Envelope, arrival: { waitedMs?: number; gap?: boolean } = {}): Promise<Applied> =>
    db.inTransaction((tx) =>
      applyInOrder(
        tx,
        'transcript',
        'ordered',
        envelope,
        {
          streamPosition: envelope.sequence * 10,
          waitedMs: arrival.waitedMs ?? 0,
          hasEarlier: async () => arrival.gap ?? true,
        },
        async () => {},
      ),
    )

  it('are applied in their order, dropped when late, parked at a gap', async () => {
    const callId = newId('call')
    const one = fact(callId, 1)
    expect(await apply(one)).toBe('applied')
    expect(await apply(one)).toBe('repeated')
    const three = fact(callId, 3)
    expect(await apply(three)).toBe('parked')
    const two = fact(callId, 2)
    expect(await apply(two)).toBe('applied')
    expect(await apply(three)).toBe('applied')
    expect(await apply(fact(callId, 2))).toBe('stale')
  })

  it('are applied without the missing one after 5 s, and then it is late', async () => {
    const callId = newId('call')
    expect(await apply(fact(callId, 2), { waitedMs: 4_999 })).toBe('parked')
    expect(await apply(fact(callId, 2), { waitedMs: 5_000 })).toBe('applied')
    expect(await apply(fact(callId, 1))).toBe('stale')
  })

  it('do not wait for facts this consumer does not listen to', async () => {
    const callId = newId('call')
    expect(await apply(fact(callId, 4), { gap: false })).toBe('applied')
  })

  it('do not wait for other sources', async () => {
    const callId = newId('call')
    await apply(fact(callId, 1))
    expect(await apply(fact(callId, 1, '/media-bridge/1'))).toBe('applied')
  })

  it('asks where the gap begins', async () => {
    const callId = newId('call')
    await apply(fact(callId, 1))
    const asked: number[] = []
    const envelope = fact(callId, 5)
    await db.inTransaction((tx) =>
      applyInOrder(
        tx,
        'transcript',
        'ordered',
        envelope,
        { streamPosition: 50, waitedMs: 0, hasEarlier: async (position) => asked.push(position) > 0 },
        async () => {},
      ),
    )
    expect(asked).toEqual([10])
  })

  it('settle their order also when they come at the same time', async () => {
    const callId = newId('call')
    const results = await Promise.all([1, 2, 3].map((n) => apply(fact(callId, n), { waitedMs: 5000 })))
    const rows = await db.client.transcriptInbox.count({ where: { lane: callId } })
    expect(rows).toBe(3)
    expect(results.filter((result) => result === 'applied').length).toBeGreaterThan(0)
  })
})

describe('a command', () => {
  it('is done once, and a repeat gets the first answer', async () => {
    let times = 0
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        db.inTransaction((tx) =>
          answerOnce(tx, 'transcript', 'call_1:4:0', async () => {
            times++
            await tx.$queryRaw`SELECT 1 FROM pg_sleep(0.01)`
            return { ok: true as const, value: { number: times, text: '取次' } }
          }),
        ),
      ),
    )
    expect(times).toBe(1)
    expect(new Set(answers.map(({ value }) => value.number))).toEqual(new Set([1]))
    expect(answers[0]).toEqual({ ok: true, value: { number: 1, text: '取次' } })
  })

  it('may be sent again when it failed', async () => {
    const failing = db.inTransaction((tx) =>
      answerOnce(tx, 'transcript', 'k', async () => {
        throw new Error('no')
      }),
    )
    await expect(failing).rejects.toThrow('no')
    expect(await db.inTransaction((tx) => answerOnce(tx, 'transcript', 'k', async () => 7))).toBe(7)
  })

  it('is remembered for eight days', async () => {
    await db.inTransaction((tx) => answerOnce(tx, 'transcript', 'old', async () => 7))
    await db.client
      .$executeRaw`UPDATE transcript.command_key SET created_at = now() - interval '9 days' WHERE key = 'old'`
    expect(await pruneCommandKeys(db.client, 'transcript')).toBe(1)
  })
})
