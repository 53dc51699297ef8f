import { connect } from '@nats-io/transport-node'
import { bridgeClose, Fault, newId, verifyKey } from '@toritsugi/contracts'
import { eventually } from '@toritsugi/testkit'
import { startOwnNats } from '@toritsugi/testkit/infra'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connectBus } from './bus.ts'
import { no, ok } from './commands.ts'
import type { Subscription } from './consumer.ts'

const nats = await startOwnNats()
const bus = await connectBus({ url: nats.url, name: 'asker' })
const other = await connectBus({ url: nats.url, name: 'answerer' })
const raw = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
const answering: Subscription[] = []
afterEach(async () => {
  await Promise.all(answering.splice(0).map((subscription) => subscription.stop()))
})
afterAll(async () => {
  await Promise.all([bus.close(), other.close(), raw.close()])
  await nats.close()
})
/** Answers until the test is over; resolves when the server knows. */
async function answer(
  ...how: Parameters<typeof other.answer<typeof verifyKey.request, typeof verifyKey.reply>>
) {
  const subscription = other.answer(...how)
  answering.push(subscription)
  await subscription.ready
  return subscription
}
const keyHash = 'a'.repeat(64)
const subject = 'cmd.v1.call.verify-key'

describe('a command', () => {
  it('carries its key and how long the asker waits', async () => {
    const metas: unknown[] = []
    answering.push(
      other.answer(verifyKey, async (_body, meta) => {
        metas.push(meta)
        return ok({ key: null })
      }),
    )
    await bus.request(verifyKey, { keyHash }, { key: 'call_1:2:0', timeoutMs: 700 })
    await bus.request(verifyKey, { keyHash })
    expect(metas).toMatchObject([
      { key: 'call_1:2:0', timeoutMs: 700 },
      { key: expect.stringMatching(/^[0-9a-f-]{36}$/), timeoutMs: 2000 },
    ])
  })

  it('is answered by one of several pods', async () => {
    let answers = 0
    for (const pod of [bus, other]) {
      answering.push(
        pod.answer(verifyKey, async () => {
          answers++
          return ok({ key: null })
        }),
      )
    }
    for (let i = 0; i < 10; i++) expect((await bus.request(verifyKey, { keyHash })).ok).toBe(true)
    expect(answers).toBe(10)
  })

  it('to the bridge reaches the pod that holds the call, and nobody when none does', async () => {
    const callId = newId('call')
    answering.push(other.answer(bridgeClose, async () => ok({}), { callId }))
    const body = { callId, epoch: 1, intent: 'end' as const }
    expect(await bus.request(bridgeClose, body, { callId })).toEqual({ ok: true, value: {} })
    const elsewhere = newId('call')
    const asked = performance.now()
    expect(
      await bus.request(bridgeClose, { ...body, callId: elsewhere }, { callId: elsewhere }),
    ).toMatchObject({
      ok: false,
      code: 'bus.no-responders',
      retryable: true,
    })
    expect(performance.now() - asked).toBeLessThan(500)
    expect(await bus.request(bridgeClose, body)).toMatchObject({ code: 'bus.malformed' })
  })

  const failures: [string, () => Promise<never>, object][] = [
    [
      'a fault keeps its code',
      async () => {
        throw new Fault('carrier.busy', { detail: 'slow down' })
      },
      { code: 'carrier.busy', retryable: true, message: 'The carrier asks us to slow down: slow down' },
    ],
    [
      'a bug tells nothing',
      async () => {
        throw new TypeError('secret')
      },
      { code: 'internal.bug', retryable: false, message: 'Something went wrong on our side' },
    ],
    [
      'an answer that does not fit is a bug',
      async () => ok({ key: 'no' }) as never,
      { code: 'internal.bug' },
    ],
    [
      'a refusal is an answer',
      async () => no('auth.unknown-key', 'never heard of it') as never,
      { code: 'auth.unknown-key', message: 'never heard of it' },
    ],
  ]
  it.each(failures)('%s', async (_name, handle, expected) => {
    await answer(verifyKey, handle)
    expect(await bus.request(verifyKey, { keyHash })).toMatchObject({ ok: false, ...expected })
  })

  it('is late when the answer is', async () => {
    await answer(verifyKey, () => new Promise(() => {}))
    expect(await bus.request(verifyKey, { keyHash }, { timeoutMs: 50 })).toMatchObject({
      code: 'bus.timed-out',
    })
    await answering.pop()?.stop(10)
  })

  it('that does not fit is not sent', async () => {
    expect(await bus.request(verifyKey, { keyHash: 'short' })).toMatchObject({
      code: 'bus.malformed',
      message: expect.stringContaining('keyHash'),
    })
  })

  const nonsense: [string, string][] = [
    ['no JSON', '{'],
    ['no command', '[]'],
    ['no key', '{"body":{}}'],
    ['a wrong body', '{"key":"k","body":{"keyHash":1}}'],
  ]
  it.each(nonsense)('of %s is answered as malformed', async (_name, text) => {
    await answer(verifyKey, async () => ok({ key: null }))
    const reply = await raw.request(subject, text, { timeout: 2000 })
    expect(reply.json()).toMatchObject({ ok: false, code: 'bus.malformed' })
  })

  it('whose reply is nonsense is a failure, not a crash', async () => {
    const subscription = raw.subscribe(subject, {
      callback: (_err, message) => void message.respond('what?'),
    })
    await raw.flush()
    expect(await bus.request(verifyKey, { keyHash })).toMatchObject({ code: 'bus.malformed' })
    subscription.unsubscribe()
  })

  it('is refused when too many are being worked on', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    answering.push(
      other.answer(
        verifyKey,
        async () => {
          await held
          return ok({ key: null })
        },
        { parallel: 1 },
      ),
    )
    const first = bus.request(verifyKey, { keyHash })
    await eventually(async () =>
      expect(await bus.request(verifyKey, { keyHash }, { timeoutMs: 1000 })).toMatchObject({
        code: 'service.unavailable',
      }),
    )
    letGo()
    expect((await first).ok).toBe(true)
  })

  it('under way is answered before the bus closes', async () => {
    const leaving = await connectBus({ url: nats.url, name: 'leaving' })
    let begun = () => {}
    let letGo = () => {}
    const underWay = new Promise<void>((resolve) => {
      begun = resolve
    })
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const answering = leaving.answer(verifyKey, async () => {
      begun()
      await gate
      return ok({ key: null })
    })
    await answering.ready
    const asked = bus.request(verifyKey, { keyHash })
    await underWay
    const closed = leaving.close()
    letGo()
    await closed
    expect((await asked).ok).toBe(true)
  })
})

describe('a bus that is not there', () => {
  it('is told in one sentence, without the password', async () => {
    const failed = connectBus({ url: 'nats://me:sesame@127.0.0.1:1', name: 'test', connectTimeoutMs: 300 })
    await expect(failed).rejects.toMatchObject({
      code: 'bus.unavailable',
      detail: 'nobody answers at nats://127.0.0.1:1',
    })
  })

  it('makes commands fail at once, and they work again when it is back', async () => {
    await answer(verifyKey, async () => ok({ key: null }))
    await nats.kill()
    await eventually(() => expect(bus.isConnected()).toBe(false))
    expect(await bus.request(verifyKey, { keyHash })).toMatchObject({
      code: 'bus.unavailable',
      retryable: true,
    })
    expect(bus.publishLive(['pods', 'heartbeat'], {})).toBe(false)
    await nats.start()
    await eventually(async () => expect((await bus.request(verifyKey, { keyHash })).ok).toBe(true))
  })
})
