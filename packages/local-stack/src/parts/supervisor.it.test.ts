import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, isAlive } from '@toritsugi/embedded-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartSpec } from './part.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'

let folder = ''
let supervisor: Supervisor
let pids: number[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-parts-'))
  pids = []
  supervisor = createSupervisor({
    logs: folder,
    cwd: folder,
    env: process.env,
    record: (pid) => pids.push(pid),
  })
})
afterEach(async () => {
  await supervisor.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A program that listens, is ready, says hello, and then does `more`. */
async function program(name: string, more = ''): Promise<PartSpec> {
  const port = await freePort()
  const main = join(folder, `${name}.mjs`)
  writeFileSync(
    main,
    `import { createServer } from 'node:http'
import { appendFileSync } from 'node:fs'
const server = createServer((request, response) => response.writeHead(process.env.READY ?? 200).end('because'))
server.listen(${port}, '127.0.0.1')
console.log(JSON.stringify({ level: 'info', msg: 'hello' }))
process.on('SIGTERM', () => { appendFileSync('${join(folder, 'order')}', '${name} '); process.exit(0) })
${more}`,
  )
  return { name, main, port, env: {}, readyUrl: `http://127.0.0.1:${port}/readyz` }
}

describe('the supervisor', () => {
  it('starts parts, keeps their logs, and leaves no process behind', async () => {
    await supervisor.start([await program('one'), await program('two')])
    expect(pids).toHaveLength(2)
    expect(readFileSync(join(folder, 'one.log'), 'utf8')).toContain('"hello"')
    expect(supervisor.errors()).toEqual([])
    await supervisor.stop()
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('stops what was started last first', async () => {
    await supervisor.start([await program('first')])
    await supervisor.start([await program('second')])
    await supervisor.stop()
    expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('second first ')
  })

  it('keeps the log of the run before', async () => {
    await supervisor.start([await program('one')])
    await supervisor.stop()
    const again = createSupervisor({ logs: folder, cwd: folder, env: process.env, record: () => {} })
    await again.start([await program('one')])
    await again.stop()
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['one.log', 'one.previous.log']))
  })

  it('says in one sentence which part died and why', async () => {
    const dying = await program(
      'fragile',
      `process.on('SIGUSR2', () => {
  console.log(JSON.stringify({ level: 'error', msg: 'database is gone', err: { message: 'ECONNREFUSED' } }))
  process.exit(4)
})`,
    )
    await supervisor.start([dying, await program('sturdy')])
    process.kill(pids[0] as number, 'SIGUSR2')
    await expect(supervisor.failed).rejects.toThrow(
      `fragile ended by itself (exit code 4): database is gone: ECONNREFUSED. Its log: ${join(folder, 'fragile.log')}`,
    )
    expect(supervisor.errors()).toEqual([{ part: 'fragile', text: 'database is gone: ECONNREFUSED' }])
  })

  it('notices a part that dies before it is ready', async () => {
    const { main, ...spec } = await program('unready')
    writeFileSync(main, "process.stderr.write('unready cannot start: PORT: is not set\\n'); process.exit(1)")
    await expect(supervisor.start([{ ...spec, main }])).rejects.toThrow(
      /unready ended by itself \(exit code 1\): unready cannot start: PORT: is not set\. Its log: /,
    )
  })

  it('says what a part answered that did not become ready', async () => {
    const impatient = createSupervisor({
      logs: folder,
      cwd: folder,
      env: { ...process.env, READY: '503' },
      record: () => {},
      readyDeadlineMs: 1_000,
    })
    await expect(impatient.start([await program('slow')])).rejects.toThrow(
      'slow was not ready within 1 s: it said 503 because.',
    )
    await impatient.stop()
  })

  it('kills a part that does not stop when it is told a second time', async () => {
    await supervisor.start([
      await program('deaf', "process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {})"),
    ])
    const stopped = supervisor.stop()
    await supervisor.stop()
    await stopped
    expect(pids.filter(isAlive)).toEqual([])
  })
})
