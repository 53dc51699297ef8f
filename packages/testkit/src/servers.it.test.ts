import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { startOwnNats, startOwnPostgres, useNats, usePostgres } from './index.ts'

const postgres = await usePostgres({ empty: true })
const nats = await useNats()

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

function greeting(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.once('data', (data) => {
      resolve(data.toString())
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

describe('the servers of a test run', () => {
  it('are a real Postgres 18 with a database per file', async () => {
    expect(await query(postgres.url(), "SELECT split_part(version(), '.', 1) AS version")).toEqual([
      { version: 'PostgreSQL 18' },
    ])
    const other = await postgres.another('empty')
    await query(postgres.url(), 'CREATE TABLE only_here (id int)')
    await expect(query(other, 'SELECT * FROM only_here')).rejects.toThrow(/does not exist/)
  })

  it('are a real nats-server with JetStream', async () => {
    const info = JSON.parse((await greeting(nats.url)).replace(/^INFO /, '')) as Record<string, unknown>
    expect(info).toMatchObject({ jetstream: true, version: expect.stringMatching(/^2\.14\./) })
  })

  it('give a role its own address', () => {
    expect(postgres.url('handoff')).toMatch(/^postgres:\/\/handoff:test@127\.0\.0\.1:\d+\/test_[0-9a-f]{12}$/)
  })
})

describe('an own Postgres', async () => {
  const own = await startOwnPostgres({ durable: true })
  afterAll(() => own.close())

  it('keeps what was committed over a kill, at the same address', async () => {
    await query(own.url, 'CREATE TABLE kept AS SELECT 7 AS seven')
    await own.kill()
    await expect(query(own.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/)
    await own.start()
    expect(await query(own.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }])
  })
})

describe('an own nats-server', async () => {
  const own = await startOwnNats()
  afterAll(() => own.close())

  it('comes back at the same address after a kill', async () => {
    await own.kill()
    await expect(greeting(own.url)).rejects.toThrow(/ECONNREFUSED/)
    await own.start()
    expect(await greeting(own.url)).toContain('INFO')
  })
})
