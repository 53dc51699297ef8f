import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { birthOf, commandLineOf, isAlive, isPortFree, removeAfterwards } from '@toritsugi/embedded-servers'
import { afterAll, describe, expect, it } from 'vitest'
import { checkout } from './checkout/folders.ts'

// What a person does with `npm start`, done with its compiled program: homes and ports of its own, real services.

const program = join(checkout, 'packages/local-stack/dist/main.js')
const homes: string[] = []
const runs: Run[] = []

afterAll(async () => {
  for (const run of runs) if (run.process.exitCode === null) run.process.kill('SIGKILL')
  for (const home of homes) rmSync(home, { recursive: true, force: true })
})

type Run = {
  process: ChildProcess
  output(): string
  /** Resolves once the output holds this; rejects when the run ends first. */
  says(pattern: RegExp): Promise<void>
  ended: Promise<number | null>
}

function start(home: string, base: number, ...args: string[]): Run {
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, OPENAI_API_KEY, PUBLIC_URL, ...env } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, TORITSUGI_HOME: home, TORITSUGI_PORT_BASE: String(base) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const watch of watchers) watch()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const run: Run = {
    process: child,
    output: () => output,
    ended,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          if (pattern.test(output)) resolve()
        }
        watchers.add(watch)
        void ended.then((code) => reject(new Error(`it ended with ${code} and said:\n${output}`)))
        watch()
      }),
  }
  runs.push(run)
  return run
}

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'toritsugi-test-home-'))
  chmodSync(home, 0o755)
  removeAfterwards(home)
  homes.push(home)
  return home
}

/** The first of ten free ports. */
async function freeBase(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const base = 20_000 + Math.floor(Math.random() * 1_200) * 10
    const free = await Promise.all(Array.from({ length: 10 }, (_, i) => isPortFree(base + i)))
    if (free.every(Boolean)) return base
  }
  throw new Error('there are no ten free ports in a row')
}

type Somebody = { pid: number; birth: string }
type Lock = { owner: Somebody; children: Somebody[] }
const readLock = (home: string) => JSON.parse(readFileSync(join(home, 'lock.json'), 'utf8')) as Lock
const isThere = ({ pid, birth }: Somebody) => isAlive(pid) && birthOf(pid) === birth

/** Nothing runs any more and no lock is left. */
function expectNothingLeft(home: string, lock: Lock): void {
  expect(lock.children.length).toBe(10)
  expect(lock.children.filter(isThere)).toEqual([])
  expect(existsSync(join(home, 'lock.json'))).toBe(false)
}

describe('npm start', () => {
  it('--once answers a call and leaves nothing running; another one runs beside it', async () => {
    const [home, other] = [newHome(), newHome()]
    const staying = start(other, await freeBase(), '--no-call')
    const passing = start(home, await freeBase(), '--once')
    await passing.says(/is ready|call is over/)
    const lock = readLock(home)
    expect(await passing.ended, passing.output()).toBe(0)
    expectNothingLeft(home, lock)
    const told = passing.output()
    expect(told).toMatch(/API key +tsk_\S{20,} \(shown this once/)
    expect(told).toMatch(/Carrier and model are simulated; set TWILIO_ACCOUNT_SID/)
    expect(told).toMatch(/assistant +「.*」 {2}\(cut off by the caller after \d/)
    expect(told).toMatch(/caller +「.*伝言.*」 {2}\(barges in\)/)
    expect(told).toMatch(/tool +take-message → done/)
    expect(told).toMatch(/the call is over: assistant-ended/)
    expect(told).toMatch(/\d+\.\d s, \$0\.\d{4}/)

    await staying.says(/Up until Ctrl-C/)
    const stayingLock = readLock(other)
    staying.process.kill('SIGINT')
    expect(await staying.ended, staying.output()).toBe(0)
    expectNothingLeft(other, stayingLock)
  })

  it('is refused while it runs, mended after kill -9, and ended by the death of a part', async () => {
    const home = newHome()
    const base = await freeBase()
    const first = start(home, base, '--no-call')
    await first.says(/Up until Ctrl-C/)
    const second = start(home, base, '--no-call')
    expect(await second.ended).toBe(1)
    expect(second.output().trim()).toBe(
      `Toritsugi already runs from this checkout (process ${first.process.pid}): stop it with Ctrl-C first.`,
    )
    const left = readLock(home)
    first.process.kill('SIGKILL')
    await first.ended

    const third = start(home, base, '--no-call')
    await third.says(/Up until Ctrl-C/)
    expect(left.children.filter(isThere)).toEqual([])
    expect(third.output()).toMatch(/API key +made at the first start/)
    expect(third.output()).toMatch(/migrating the database \(.*up to date\)/)
    const lock = readLock(home)
    const transcript = lock.children.find(({ pid }) => commandLineOf(pid)?.includes('services/transcript/'))
    process.kill(transcript?.pid ?? 0, 'SIGKILL')
    expect(await third.ended).toBe(1)
    expect(third.output()).toMatch(/transcript ended by itself \(killed by SIGKILL\)/)
    expectNothingLeft(home, lock)
  })

  it('says in one sentence that a port is taken, before anything is started', async () => {
    const home = newHome()
    const base = await freeBase()
    const holder = createServer()
    await once(holder.listen(base + 4, '127.0.0.1'), 'listening')
    const run = start(home, base, '--once')
    expect(await run.ended).toBe(1)
    expect(run.output().trim()).toBe(
      `Port ${base + 4}, wanted by handoff, is already in use. Stop what listens there, or set TORITSUGI_PORT_BASE to the first of ten free ports.`,
    )
    expect(existsSync(join(home, 'lock.json'))).toBe(false)
    holder.close()
  })
})
