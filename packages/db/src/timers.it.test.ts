import { eventually, usePostgres } from '@toritsugi/testkit'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { startTimerRunner, type TimerRunner, timerBackoffMs } from './timer-runner.ts'
import { claimDueTimers, clearTimer, type DueTimer, nextTimerInMs, setTimer } from './timers.ts'

const postgres = await usePostgres()
const open = () => openDatabase({ url: postgres.url('handoff'), schema: 'handoff' })
const db = open()
const runners: TimerRunner[] = []
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()))
  await db.client.handoffTimer.deleteMany()
})
afterAll(() => db.close())

const set = (key: string, inMs: number, body: unknown = {}) =>
  db.inTransaction((tx) =>
    setTimer(tx, 'handoff', { key, kind: 'test', dueAt: new Date(Date.now() + inMs), body }),
  )
const claim = (limit?: number) => db.inTransaction((tx) => claimDueTimers(tx, 'handoff', limit))
function run(handle: (timer: DueTimer) => Promise<void> | void, on = db) {
  const runner = startTimerRunner({ db: on, handle: async (_tx, timer) => handle(timer), pollMs: 300 })
  runners.push(runner)
  return runner
}

describe('timer rows', () => {
  it('are claimed when due, soonest first, with their body', async () => {
    await set('later', 60_000)
    await set('b', -1000, { legId: 'leg_1' })
    await set('a', -2000)
    expect((await claim(10)).map(({ key, body }) => [key, body])).toEqual([
      ['a', {}],
      ['b', { legId: 'leg_1' }],
    ])
    expect(await claim(10)).toEqual([])
    expect(await nextTimerInMs(db.client, 'handoff')).toBeGreaterThan(50_000)
  })

  it('move when set again, and can be taken back', async () => {
    await set('ring', -10)
    await set('ring', 60_000)
    expect(await claim()).toEqual([])
    expect(await db.inTransaction((tx) => clearTimer(tx, 'handoff', 'ring'))).toBe(true)
    expect(await db.inTransaction((tx) => clearTimer(tx, 'handoff', 'ring'))).toBe(false)
  })

  it('are there again when the claiming transaction fails', async () => {
    await set('ring', -10)
    await db
      .inTransaction(async (tx) => {
        expect(await claimDueTimers(tx, 'handoff')).toHaveLength(1)
        throw new Error('crash')
      })
      .catch(() => {})
    expect(await claim()).toHaveLength(1)
  })

  it('go to one of two claimers, without waiting for each other', async () => {
    for (let i = 0; i < 10; i++) await set(`t${i}`, -100 + i)
    await db.inTransaction(async (tx) => {
      const mine = await claimDueTimers(tx, 'handoff', 5)
      const others = await claim(10)
      expect(mine.map(({ key }) => key)).toEqual(['t0', 't1', 't2', 't3', 't4'])
      expect(others.map(({ key }) => key)).toEqual(['t5', 't6', 't7', 't8', 't9'])
    })
  })
})

describe('the runner', () => {
  it('fires at the deadline, woken when one is set', async () => {
    const late: number[] = []
    run((timer) => {
      late.push(Date.now() - timer.dueAt.getTime())
    })
    await db.notifications.ready()
    await set('soon', 120)
    await set('at once', 0)
    await eventually(() => expect(late).toHaveLength(2))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-20)
    expect(Math.max(...late)).toBeLessThan(250)
  })

  it('finds what was due while nobody ran', async () => {
    await set('missed', -5000)
    const fired: string[] = []
    run(({ key }) => {
      fired.push(key)
    })
    await eventually(() => expect(fired).toEqual(['missed']))
  })

  it('fires each once when two run', async () => {
    const other = open()
    const fired: string[] = []
    const note = ({ key }: DueTimer) => {
      fired.push(key)
    }
    run(note)
    const second = run(note, other)
    await Promise.all(Array.from({ length: 40 }, (_, i) => set(`t${i}`, i * 5)))
    await eventually(() => expect(fired).toHaveLength(40))
    expect(new Set(fired).size).toBe(40)
    await second.stop()
    await other.close()
  })

  it('tries a failing one again, later each time, and is not held up by it', async () => {
    const tried: number[] = []
    const fired: string[] = []
    run(({ key, attempts }) => {
      if (key !== 'bad') {
        fired.push(key)
        return
      }
      tried.push(attempts)
      if (attempts < 1) throw new Error('not yet')
    })
    await set('bad', -10)
    await set('good', 0)
    await eventually(() => expect(fired).toEqual(['good']))
    await eventually(() => expect(tried).toEqual([0, 1]))
    await eventually(async () => expect(await db.client.handoffTimer.count()).toBe(0))
  })

  it('notes why it failed', async () => {
    run(() => {
      throw new Error('the carrier is away')
    })
    await set('bad', -10)
    await eventually(async () => {
      const row = await db.client.handoffTimer.findUniqueOrThrow({ where: { key: 'bad' } })
      expect([row.attempts, row.lastError]).toEqual([1, 'the carrier is away'])
      expect(row.dueAt.getTime()).toBeGreaterThan(Date.now())
    })
  })

  it('lets a handler set its own timer anew', async () => {
    let times = 0
    const runner = startTimerRunner({
      db,
      async handle(tx, timer) {
        if (++times < 3) await setTimer(tx, 'handoff', { ...timer, dueAt: new Date(Date.now() + 20) })
      },
    })
    runners.push(runner)
    await set('again', 0)
    await eventually(async () => {
      expect(times).toBe(3)
      expect(await db.client.handoffTimer.count()).toBe(0)
    })
  })
})

describe('the pause after a failure', () => {
  it.each([
    [0, 500],
    [1, 1000],
    [5, 16_000],
    [7, 60_000],
    [99, 60_000],
  ])('after %d failures is about %d ms', (attempts, ms) => {
    expect(timerBackoffMs(attempts, () => 0.5)).toBe(ms)
    expect(timerBackoffMs(attempts, () => 0)).toBe(Math.round(ms * 0.8))
  })
})
