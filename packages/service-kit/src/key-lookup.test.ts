import type { Bus, Reply } from '@toritsugi/bus'
import { newId } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { findKeyOverBus } from './key-lookup.ts'

function lookup(reply: () => Reply<unknown>, options: { most?: number } = {}) {
  const clock = { now: 0 }
  const asked: string[] = []
  const request = async (_command: unknown, body: { keyHash: string }) => {
    asked.push(body.keyHash)
    return reply()
  }
  const find = findKeyOverBus({ request } as unknown as Pick<Bus, 'request'>, {
    now: () => clock.now,
    ...options,
  })
  return { find, asked, clock }
}
const identity = { id: newId('key'), name: 'ops', scope: 'viewer' as const, expiresAt: null }

describe('a key asked for over the bus', () => {
  it('is asked once, also when two ask at once, and again when its time is over', async () => {
    const { find, asked, clock } = lookup(() => ({ ok: true, value: { key: identity } }))
    expect(await Promise.all([find('a'), find('a')])).toEqual([identity, identity])
    clock.now = 9_999
    await find('a')
    expect(asked).toEqual(['a'])
    clock.now = 10_001
    await find('a')
    expect(asked).toEqual(['a', 'a'])
  })

  it('that nobody knows is asked again sooner', async () => {
    const { find, asked, clock } = lookup(() => ({ ok: true, value: { key: null } }))
    expect(await find('a')).toBeNull()
    clock.now = 2001
    await find('a')
    expect(asked).toHaveLength(2)
  })

  it('is a fault when nobody answers, and is not remembered', async () => {
    const { find, asked } = lookup(() => ({
      ok: false,
      code: 'bus.no-responders',
      message: '',
      retryable: true,
    }))
    await expect(find('a')).rejects.toMatchObject({ code: 'bus.no-responders' })
    await expect(find('a')).rejects.toMatchObject({ code: 'bus.no-responders' })
    expect(asked).toHaveLength(2)
  })

  it('takes bounded room', async () => {
    const { find, asked } = lookup(() => ({ ok: true, value: { key: identity } }), { most: 2 })
    for (const hash of ['a', 'b', 'c', 'a']) await find(hash)
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })
})
