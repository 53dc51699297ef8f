import { newId } from '@toritsugi/contracts'
import { eventually, usePostgres } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { appendFacts } from './outbox.ts'
import { outboxStore } from './outbox-store.ts'
import { intendedFact } from './test-facts.ts'

const postgres = await usePostgres()
const db = openDatabase({ url: postgres.url('call_control'), schema: 'call_control' })
const store = outboxStore(db)
afterAll(async () => {
  await store.close()
  await db.close()
})

const rowsOf = (lane: string) =>
  db.client.callControlOutbox.findMany({ where: { lane }, orderBy: { position: 'asc' } })

describe('facts in the outbox', () => {
  it('are numbered per call and source, from 1', async () => {
    const [a, b] = [newId('call'), newId('call')]
    const first = await db.inTransaction((tx) =>
      appendFacts(tx, 'call_control', [
        intendedFact({ callId: a }),
        intendedFact({ callId: b }),
        intendedFact({ callId: a }),
        intendedFact({ callId: a, source: '/handoff' }),
      ]),
    )
    expect(first.map(({ sequence }) => sequence)).toEqual([1, 1, 2, 1])
    const second = await db.inTransaction((tx) =>
      appendFacts(tx, 'call_control', [intendedFact({ callId: a })]),
    )
    expect(second[0]?.sequence).toBe(3)
    const rows = await rowsOf(a)
    expect(rows.map((row) => [row.source, row.sequence])).toEqual([
      ['/call-control', 1],
      ['/call-control', 2],
      ['/handoff', 1],
      ['/call-control', 3],
    ])
    expect(rows.map((row) => (row.envelope as { sequence: number }).sequence)).toEqual([1, 2, 1, 3])
  })

  it('have no gap and no doubled number when many are written at once', async () => {
    const callId = newId('call')
    await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        db
          .inTransaction(async (tx) => {
            await appendFacts(tx, 'call_control', [intendedFact({ callId, reason: `writer ${i}` })])
            if (i % 4 === 3) throw new Error('changed my mind')
          })
          .catch((error: Error) => {
            if (error.message !== 'changed my mind') throw error
          }),
      ),
    )
    const rows = await rowsOf(callId)
    expect(rows.map((row) => row.sequence)).toEqual(Array.from({ length: 18 }, (_, i) => i + 1))
  })

  it('do not deadlock when two transactions write about the same calls in another order', async () => {
    const [a, b] = [newId('call'), newId('call')]
    const write = (calls: (typeof a)[]) =>
      db.inTransaction(
        (tx) =>
          appendFacts(
            tx,
            'call_control',
            calls.map((callId) => intendedFact({ callId })),
          ),
        { retries: 0 },
      )
    await Promise.all(Array.from({ length: 20 }, (_, i) => write(i % 2 === 0 ? [a, b] : [b, a])))
    expect(await rowsOf(a)).toHaveLength(20)
  })

  it('are not written twice under one id', async () => {
    const fact = intendedFact({ callId: newId('call') })
    const write = () => db.inTransaction((tx) => appendFacts(tx, 'call_control', [fact]))
    expect((await write())[0]?.sequence).toBe(1)
    expect((await write())[0]?.sequence).toBe(1)
    expect(await rowsOf(fact.subject ?? '')).toHaveLength(1)
  })

  it('must fit their schema', async () => {
    const fact = { ...intendedFact({ callId: newId('call') }), data: { epoch: 0 } }
    await expect(db.inTransaction((tx) => appendFacts(tx, 'call_control', [fact]))).rejects.toThrow(/epoch/)
  })

  it('may hold any text a caller or a model comes up with', async () => {
    const reason = 'nul \0, half \ud83d, whole 😀, \\u0000'
    const callId = newId('call')
    await db.inTransaction((tx) => appendFacts(tx, 'call_control', [intendedFact({ callId, reason })]))
    const [row] = await rowsOf(callId)
    expect((row?.envelope as { data?: object } | undefined)?.data).toMatchObject({
      reason: 'nul \ufffd, half \ufffd, whole 😀, \\u0000',
    })
  })

  it('wake the relay when, and only when, they are committed', async () => {
    const news: (string | null)[] = []
    const silence = store.onNews((lane) => news.push(lane))
    await db.notifications.ready()
    const [kept, dropped] = [newId('call'), newId('call')]
    await db
      .inTransaction(async (tx) => {
        await appendFacts(tx, 'call_control', [intendedFact({ callId: dropped })])
        throw new Error('no')
      })
      .catch(() => {})
    await db.inTransaction((tx) => appendFacts(tx, 'call_control', [intendedFact({ callId: kept })]))
    await eventually(() => expect(news).toContain(kept))
    expect(news).not.toContain(dropped)
    silence()
  })
})

describe('the store behind the relay', () => {
  it('gives a lane to one at a time, in order, and marks what was delivered before a failure', async () => {
    const callId = newId('call')
    const facts = Array.from({ length: 5 }, () => intendedFact({ callId }))
    await db.inTransaction((tx) => appendFacts(tx, 'call_control', facts))
    const delivered: string[] = []
    const drained = await store.drainLanes([callId], 10, async (envelope) => {
      if (delivered.length === 0) {
        const other = await store.drainLanes([callId, 'free'], 10, async () => ({ ok: true }))
        expect(other).toEqual({ busy: [callId], more: [], failed: [] })
      }
      if (delivered.length === 3) throw new Error('the bus is away')
      delivered.push(envelope.id)
      return delivered.length === 2 ? { ok: false, failure: 'too large' } : { ok: true }
    })
    expect(drained).toEqual({
      busy: [],
      more: [],
      failed: [{ lane: callId, error: new Error('the bus is away') }],
    })
    expect(delivered).toEqual(facts.slice(0, 3).map(({ id }) => id))
    const rows = await rowsOf(callId)
    expect(rows.map((row) => row.publishedAt !== null)).toEqual([true, true, true, false, false])
    expect(rows.map((row) => row.failure)).toEqual([null, 'too large', null, null, null])
    expect((await store.drainLanes([callId], 1, async () => ({ ok: true }))).more).toEqual([callId])
    expect((await store.drainLanes([callId], 10, async () => ({ ok: true }))).more).toEqual([])
    expect(await store.waitingLanes(1000)).not.toContain(callId)
  })

  it('drains lanes beside each other, and one that fails holds no other up', async () => {
    const calls = Array.from({ length: 3 }, () => newId('call'))
    for (const callId of calls) {
      await db.inTransaction((tx) =>
        appendFacts(tx, 'call_control', [intendedFact({ callId }), intendedFact({ callId })]),
      )
    }
    let running = 0
    let most = 0
    const drained = await store.drainLanes(calls, 10, async (envelope) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      if (envelope.subject === calls[1]) throw new Error('no')
      return { ok: true }
    })
    expect(most).toBe(3)
    expect(drained.failed.map(({ lane }) => lane)).toEqual([calls[1]])
    const waiting = await store.waitingLanes(1000)
    expect(calls.map((lane) => waiting.includes(lane))).toEqual([false, true, false])
  })

  it('forgets what was published, but not how far a call had counted', async () => {
    const callId = newId('call')
    await db.inTransaction((tx) =>
      appendFacts(tx, 'call_control', [intendedFact({ callId }), intendedFact({ callId })]),
    )
    await store.drainLanes([callId], 10, async () => ({ ok: true }))
    await db.client
      .$executeRaw`UPDATE call_control.outbox SET published_at = now() - interval '2 hours' WHERE lane = ${callId}`
    await store.prune()
    expect((await rowsOf(callId)).map((row) => row.sequence)).toEqual([2])
    const [next] = await db.inTransaction((tx) => appendFacts(tx, 'call_control', [intendedFact({ callId })]))
    expect(next?.sequence).toBe(3)
  })

  it('says how much waits', async () => {
    const before = await store.backlog()
    await db.inTransaction((tx) => appendFacts(tx, 'call_control', [intendedFact({ callId: newId('call') })]))
    const after = await store.backlog()
    expect(after.rows).toBe(before.rows + 1)
    expect(after.oldestMs).toBeGreaterThanOrEqual(0)
  })
})

describe('a role', () => {
  it('has rights on its own schema only', async () => {
    await expect(db.client.$queryRaw`SELECT 1 FROM handoff.outbox`).rejects.toThrow(/permission denied/)
    await expect(db.client.$executeRaw`DROP TABLE call_control.outbox`).rejects.toThrow(/must be owner/)
    await expect(db.client.$executeRaw`CREATE TABLE call_control.mine (id int)`).rejects.toThrow(
      /permission denied/,
    )
  })
})
