import { describe, expect, it } from 'vitest'
import { createLanes } from './lanes.ts'

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('lanes', () => {
  it('run one job at a time in a lane, in order, and lanes beside each other', async () => {
    const lanes = createLanes(2)
    const events: string[] = []
    const job = (name: string) => async () => {
      events.push(`+${name}`)
      await tick()
      events.push(`-${name}`)
    }
    for (const [lane, name] of [
      ['a', 'a1'],
      ['a', 'a2'],
      ['b', 'b1'],
      ['c', 'c1'],
    ] as const)
      lanes.add(lane, job(name))
    expect(lanes.size).toBe(4)
    await lanes.idle()
    expect(events.indexOf('-a1')).toBeLessThan(events.indexOf('+a2'))
    expect(events.slice(0, 2)).toEqual(['+a1', '+b1'])
    expect(events).toHaveLength(8)
    expect(lanes.size).toBe(0)
  })

  it('go on after a job that throws, and take jobs added meanwhile', async () => {
    const lanes = createLanes(1)
    const done: string[] = []
    lanes.add('a', async () => {
      lanes.add('a', async () => {
        done.push('added')
      })
      throw new Error('no')
    })
    lanes.add('b', async () => {
      done.push('other')
    })
    await lanes.idle()
    expect(done.sort()).toEqual(['added', 'other'])
    await lanes.idle()
  })

  it('give every lane its turn', async () => {
    const lanes = createLanes(1)
    const order: string[] = []
    for (let i = 0; i < 3; i++)
      for (const lane of ['a', 'b']) lanes.add(lane, async () => void order.push(lane))
    await lanes.idle()
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })
})
