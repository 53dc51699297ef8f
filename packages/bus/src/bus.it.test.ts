import { callEnded, callStarted, newId, verifyKey } from '@toritsugi/contracts'
import { eventually, useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { connectBus, no, ok } from './index.ts'
import { endedFact } from './test-facts.ts'

const nats = await useNats()
const bus = await connectBus({ url: nats.url, name: 'test' })
afterAll(() => bus.close())

describe('facts', () => {
  it('are stored once per id and reach a consumer in the order of their call', async () => {
    const callId = newId('call')
    const facts = [1, 2, 3].map((sequence) => endedFact({ callId, sequence }))
    for (const fact of facts) expect((await bus.publish(fact)).duplicate).toBe(false)
    expect((await bus.publish(facts[0] ?? expect.fail())).duplicate).toBe(true)
    const taken: number[] = []
    const subscription = await bus.on({
      durable: 'order',
      channels: [callEnded, callStarted],
      async handle(fact) {
        if (fact.type === 'call.ended' && fact.subject === callId) taken.push(fact.sequence)
      },
    })
    await eventually(() => expect(taken).toEqual([1, 2, 3]))
    await subscription.stop()
  })
})

describe('commands', () => {
  const keyHash = 'a'.repeat(64)

  it('are answered, refused, and answered by nobody', async () => {
    expect(await bus.request(verifyKey, { keyHash })).toMatchObject({ ok: false, code: 'bus.no-responders' })
    const answering = bus.answer(verifyKey, async (body) =>
      body.keyHash === keyHash ? ok({ key: null }) : no('auth.unknown-key'),
    )
    expect(await bus.request(verifyKey, { keyHash })).toEqual({ ok: true, value: { key: null } })
    expect(await bus.request(verifyKey, { keyHash: 'b'.repeat(64) })).toMatchObject({
      code: 'auth.unknown-key',
    })
    await answering.stop()
  })
})

describe('key-value', () => {
  it('gives a key to one of two, and forgets it', async () => {
    const kv = bus.kv('tokens', { ttlMs: 1000 })
    expect((await Promise.all([kv.create('a', '1'), kv.create('a', '2')])).sort()).toEqual([false, true])
    expect(await kv.get('a')).toMatch(/[12]/)
    await eventually(async () => expect(await kv.get('a')).toBeNull())
    expect(await kv.create('a', '3')).toBe(true)
    await kv.put('a', '4')
    expect(await kv.get('a')).toBe('4')
    await kv.delete('a')
    expect(await kv.get('a')).toBeNull()
  })
})
