import { eventually, usePostgres } from '@toritsugi/testkit'
import { startOwnPostgres } from '@toritsugi/testkit/infra'
import { afterAll, describe, expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { isUniqueConflict } from './database-errors.ts'
import { migrate } from './migrations/migrate.ts'

const postgres = await usePostgres()
const db = openDatabase({ url: postgres.url('call_control'), schema: 'call_control' })
afterAll(() => db.close())

describe('a transaction', () => {
  it('is run again after a conflict', async () => {
    const key = 'conflict'
    await db.client.callControlTimer.create({ data: { key, kind: 'k', dueAt: new Date(), body: 0 } })
    const add = () =>
      db.inTransaction(
        async (tx) => {
          const { attempts } = await tx.callControlTimer.findUniqueOrThrow({ where: { key } })
          await tx.callControlTimer.update({ where: { key }, data: { attempts: attempts + 1 } })
        },
        { isolation: 'Serializable', retries: 20 },
      )
    await Promise.all([add(), add(), add(), add()])
    expect((await db.client.callControlTimer.findUniqueOrThrow({ where: { key } })).attempts).toBe(4)
  })

  it('says so when a key is taken', async () => {
    const create = () => db.client.callControlCommandKey.create({ data: { key: 'twice' } })
    await create()
    expect(isUniqueConflict(await create().catch((error: unknown) => error))).toBe(true)
  })

  it('keeps times to the millisecond, in UTC', async () => {
    const dueAt = new Date('2026-07-01T12:34:56.789Z')
    await db.client.callControlTimer.create({ data: { key: 'time', kind: 'k', dueAt, body: 0 } })
    expect((await db.client.callControlTimer.findUniqueOrThrow({ where: { key: 'time' } })).dueAt).toEqual(
      dueAt,
    )
    const [row] = await db.client.$queryRaw<
      { due_at: Date }[]
    >`SELECT due_at FROM call_control.timer WHERE key = 'time'`
    expect(row?.due_at).toEqual(dueAt)
  })
})

describe('a Postgres that is killed and comes back', async () => {
  const own = await startOwnPostgres({ durable: true })
  afterAll(() => own.close())

  it('is a fault meanwhile, and works again afterwards, notifications too', async () => {
    await migrate({ url: own.url })
    const mine = openDatabase({ url: own.url, schema: 'handoff' })
    const heard: (string | null)[] = []
    mine.notifications.on('news', (payload) => heard.push(payload))
    await mine.notifications.ready()
    expect(await mine.isReachable()).toBe(true)
    await mine.inTransaction((tx) => tx.handoffCommandKey.create({ data: { key: 'before' } }))

    await own.kill()
    expect(await mine.isReachable()).toBe(false)
    const failed = mine.inTransaction((tx) => tx.handoffCommandKey.count())
    await expect(failed).rejects.toMatchObject({
      name: 'Fault',
      code: 'database.unavailable',
      retryable: true,
    })

    await own.start()
    await eventually(async () => {
      expect(await mine.inTransaction((tx) => tx.handoffCommandKey.count())).toBe(1)
    })
    await mine.notifications.ready()
    heard.length = 0
    await mine.client.$executeRaw`SELECT pg_notify('news', 'back')`
    await eventually(() => expect(heard).toContain('back'))
    await mine.close()
  })
})
