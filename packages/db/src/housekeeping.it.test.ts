import { usePostgres } from '@toritsugi/testkit'
import { afterAll, expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { startHousekeeping } from './housekeeping.ts'

const postgres = await usePostgres()
const db = openDatabase({ url: postgres.url('transcript'), schema: 'transcript' })
afterAll(() => db.close())

it('forgets what is old, in batches, and keeps what is not', async () => {
  await db.client.$executeRaw`
    INSERT INTO transcript.inbox (consumer, message_id, created_at)
    SELECT 'test', 'old-' || n, now() - interval '9 days' FROM generate_series(1, 1500) AS n`
  await db.client.$executeRaw`INSERT INTO transcript.inbox (consumer, message_id) VALUES ('test', 'new')`
  await db.client.$executeRaw`
    INSERT INTO transcript.command_key (key, created_at)
    VALUES ('old', now() - interval '9 days'), ('new', now())`
  const told: object[] = []
  const log = { debug() {}, info: (fields: object) => told.push(fields), warn() {}, error() {} }
  const housekeeping = startHousekeeping({ db, log, everyMs: 50 })
  await expect.poll(() => told, { timeout: 10_000 }).toEqual([{ messages: 1500, keys: 1 }])
  await housekeeping.stop()
  expect(await db.client.transcriptInbox.findMany()).toMatchObject([{ messageId: 'new' }])
  expect(await db.client.transcriptCommandKey.findMany()).toMatchObject([{ key: 'new' }])
})
