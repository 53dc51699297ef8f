import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeAfterwards } from '../process/guardian.ts'
import { isAlive } from '../process/pid.ts'
import { freePort } from '../process/port.ts'
import { StackFault } from '../process/stack-fault.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let folder = ''
let dataDir = ''
const servers: PostgresServer[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-pg-'))
  chmodSync(folder, 0o755)
  removeAfterwards(folder)
  dataDir = join(folder, 'postgres')
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(port = 0, log: (line: string) => void = () => {}): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, port, log })
  servers.push(server)
  return server
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the embedded Postgres', () => {
  it('wants its password', async () => {
    const { url } = await start()
    const wrong = new URL(url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  })

  it('has its data again after a stop and after kill -9', async () => {
    const first = await start()
    await query(first.url, 'CREATE TABLE kept (id int)')
    await first.stop()
    const second = await start()
    await query(second.url, 'INSERT INTO kept VALUES (1)')
    await second.kill()
    const third = await start()
    expect(await query(third.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }])
    expect(third.url.replace(/:\d+\//, '')).toBe(first.url.replace(/:\d+\//, ''))
  })

  it('starts when the process number in its stale lock belongs to somebody else', async () => {
    const first = await start()
    await first.kill()
    const pidFile = join(dataDir, 'postmaster.pid')
    const lines = readFileSync(pidFile, 'utf8').split('\n')
    // The very same user as Postgres', so that its own look at the number would take it for a running server.
    const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    const stranger = spawn('/bin/sleep', ['60'], { ...owner, stdio: 'ignore' })
    await once(stranger, 'spawn')
    try {
      writeFileSync(pidFile, [String(stranger.pid), ...lines.slice(1)].join('\n'))
      const said: string[] = []
      const second = await start(0, (line) => said.push(line))
      expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      expect(said.join('\n')).toContain('removed the lock of a Postgres that is gone')
    } finally {
      stranger.kill()
    }
  })

  it('refuses a data folder that another Postgres uses', async () => {
    await start()
    await expect(startPostgres({ dataDir, port: 0 })).rejects.toThrow(
      /Another Postgres \(process \d+\) already uses/,
    )
  })

  it('sets a half-created data folder aside and makes a whole one', async () => {
    mkdirSync(join(dataDir, 'base'), { recursive: true })
    writeFileSync(join(dataDir, 'PG_VERSION'), '18\n')
    const said: string[] = []
    const { url } = await start(0, (line) => said.push(line))
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    const aside = readdirSync(folder).find((name) => name.startsWith('postgres.broken-'))
    expect(existsSync(join(folder, String(aside), 'base'))).toBe(true)
    expect(said.join('\n')).toContain('kept as postgres.broken-')
  })

  it('clears away what a creation that was killed left, and an empty folder', async () => {
    mkdirSync(dataDir)
    mkdirSync(`${dataDir}.new-999999999`)
    await start()
    expect(readdirSync(folder).filter((name) => name.startsWith('postgres.'))).toEqual([])
  })

  it('says in one sentence that its port is taken', async () => {
    const holder = createServer()
    const port = await freePort()
    await once(holder.listen(port, '127.0.0.1'), 'listening')
    try {
      await expect(start(port)).rejects.toThrow(
        new RegExp(`^Port ${port}, wanted by Postgres, is already in use`),
      )
      expect(existsSync(dataDir)).toBe(false)
    } finally {
      holder.close()
    }
  })

  it("refuses another version's data with a sentence that says what to do", async () => {
    mkdirSync(join(dataDir, 'global'), { recursive: true })
    writeFileSync(join(dataDir, 'global', 'pg_control'), '')
    writeFileSync(join(dataDir, 'PG_VERSION'), '15\n')
    const refused = start()
    await expect(refused).rejects.toThrow(StackFault)
    await expect(refused).rejects.toThrow(/holds data of Postgres 15.*move the folder away/)
  })

  it('tells when it dies later', async () => {
    const server = await start()
    process.kill(server.pid, 'SIGQUIT')
    expect(await server.exited).toMatchObject({ code: 0 })
    expect(isAlive(server.pid)).toBe(false)
  })
})
