import { connectBus } from '@toritsugi/bus'
import { newId, verifyKey } from '@toritsugi/contracts'
import { openDatabase } from '@toritsugi/db'
import { createLogger, createMetrics, readConfig } from '@toritsugi/service-kit'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './build-app.ts'
import { handoffConfig } from './config.ts'

let app: Awaited<ReturnType<typeof buildApp>>['app']
const state = { stopping: false }

beforeAll(async () => {
  const postgres = await usePostgres()
  const nats = await useNats()
  const url = postgres.url('handoff')
  const built = await buildApp({
    config: readConfig(handoffConfig, { PROFILE: 'local', NATS_URL: nats.url, DATABASE_URL: url }),
    log: createLogger({ service: 'handoff', level: 'silent' }),
    metrics: createMetrics('handoff'),
    isStopping: () => state.stopping,
  })
  app = built.app
  const bus = await connectBus({ url: nats.url, name: 'test' })
  bus.answer(verifyKey, async () => ({
    ok: true,
    value: { key: { id: newId('key'), name: 'test', scope: 'viewer' as const, expiresAt: null } },
  }))
  const db = openDatabase({ url, schema: 'handoff' })
  await db.client.desk.createMany({
    data: [
      { id: newId('desk'), name: 'Sales', numbers: ['+81312345678'], language: 'ja-JP', answers: 'key' },
      {
        id: newId('desk'),
        name: 'Billing',
        numbers: ['+14155550100', '+14155550101'],
        language: 'en-US',
        answers: 'staffed',
      },
    ],
  })
  await db.close()
  afterAll(async () => {
    await app.close()
    await built.close?.()
    await bus.close()
  })
})

describe('desks', () => {
  it('are listed by name to those with a key', async () => {
    const answer = await app.inject({
      url: '/api/v1/desks',
      headers: { authorization: 'Bearer tk_test_0123456789' },
    })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().items).toMatchObject([
      { name: 'Billing', numbers: ['+14155550100', '+14155550101'], answers: 'staffed' },
      { name: 'Sales', language: 'ja-JP' },
    ])
    const noKey = await app.inject({ url: '/api/v1/desks' })
    expect(noKey.json()).toMatchObject({ status: 401, code: 'auth.missing' })
  })
})

describe('the service', () => {
  it('is ready while its database and the bus are, and until it is told to stop', async () => {
    expect((await app.inject({ url: '/readyz' })).json()).toMatchObject({
      status: 'ready',
      checks: { database: true, bus: true },
    })
    state.stopping = true
    expect((await app.inject({ url: '/readyz' })).statusCode).toBe(503)
    expect((await app.inject({ url: '/healthz' })).statusCode).toBe(200)
  })
})
