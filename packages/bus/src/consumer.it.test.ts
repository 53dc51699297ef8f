import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import {
  type CallId,
  callEnded,
  callIntended,
  callStarted,
  type Envelope,
  Fault,
  newId,
} from '@toritsugi/contracts'
import { eventually } from '@toritsugi/testkit'
import { startOwnNats } from '@toritsugi/testkit/infra'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connectBus } from './bus.ts'
import type { Subscription } from './consumer.ts'
import type { DeadLetter } from './dead-letters.ts'
import type { BusCounter } from './observer.ts'
import { endedFact } from './test-facts.ts'

const nats = await startOwnNats()
const counted: string[] = []
const observer = { count: (what: BusCounter, name: string) => counted.push(`${what} ${name}`) }
const open = () => connectBus({ url: nats.url, name: 'test', observer })
const bus = await open()
const raw = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
const jsm = await jetstreamManager(raw)
const subscriptions: Subscription[] = []
afterEach(async () => {
  await Promise.all(subscriptions.splice(0).map((subscription) => subscription.stop()))
})
afterAll(async () => {
  await bus.close()
  await raw.close()
  await nats.close()
})

const quick = { backoffMs: [10, 20], maxAttempts: 3 }
let durables = 0
/** Consumes the facts of one call under a durable of its own. */
async function consume(
  callIds: CallId[],
  handle: (fact: Envelope, attempt: number) => unknown,
  options: { durable?: string; on?: typeof bus; parallel?: number } = {},
) {
  const durable = options.durable ?? `consumer-${durables++}`
  const subscription = await (options.on ?? bus).on({
    durable,
    channels: [callEnded],
    redelivery: quick,
    ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    handle: async (fact, { attempt }) =>
      callIds.includes(fact.subject as CallId) ? handle(fact as unknown as Envelope, attempt) : undefined,
  })
  subscriptions.push(subscription)
  return { durable, subscription }
}

async function deadLetters(durable: string, callIds: CallId[]): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  for (let seq = 1; ; seq++) {
    const found = await jsm.direct
      .getMessage('DEADLETTER', { seq, next_by_subj: `dead.v1.${durable}` })
      .catch(() => null)
    if (found === null) return letters
    const letter = found.json<DeadLetter>()
    if (callIds.some((callId) => letter.subject.includes(callId))) letters.push(letter)
    seq = found.seq
  }
}

describe('a message that cannot be handled', () => {
  const poison: [string, string | Uint8Array, RegExp][] = [
    ['text that is not JSON', 'hello', /not JSON/],
    ['as much white space as fits into a message', ' '.repeat(1_000_000), /not JSON/],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0x7b]), /not JSON/],
    ['JSON that is no envelope', '{"specversion":"1.0"}', /envelope: /],
    [
      'an envelope with a wrong body',
      JSON.stringify({ ...endedFact({ callId: newId('call'), sequence: 1 }), data: { endReason: 'x' } }),
      /call\.ended: endReason/,
    ],
  ]
  it.each(poison)('%s is buried at once, and holds nobody up', async (_name, data, reason) => {
    const callId = newId('call')
    const taken: number[] = []
    const { durable } = await consume([callId], (fact) => taken.push(fact.sequence))
    await bus.publish(endedFact({ callId, sequence: 1 }))
    raw.publish(`calls.v1.${callId}.lifecycle`, data)
    await raw.flush()
    await bus.publish(endedFact({ callId, sequence: 2 }))
    await eventually(() => expect(taken).toEqual([1, 2]))
    await eventually(async () => expect(await deadLetters(durable, [callId])).not.toEqual([]))
    const letter = (await deadLetters(durable, [callId])).at(-1)
    expect(letter?.reason).toMatch(reason)
    expect(letter?.bytes).toBe(data.length)
    expect(Buffer.from(letter?.data ?? '', 'base64')).toEqual(Buffer.from(data).subarray(0, 512 * 1024))
    const info = await jsm.consumers.info('CALLS', durable)
    await eventually(async () => expect((await jsm.consumers.info('CALLS', durable)).num_ack_pending).toBe(0))
    expect(info.config.max_ack_pending).toBe(256)
  })

  it('is tried again after a retryable fault, and the call waits for it', async () => {
    const callId = newId('call')
    const tried: string[] = []
    await consume([callId], (fact, attempt) => {
      tried.push(`${fact.sequence}/${attempt}`)
      if (fact.sequence === 1 && attempt < 3) throw new Fault('carrier.unavailable')
    })
    for (const sequence of [1, 2]) await bus.publish(endedFact({ callId, sequence }))
    await eventually(() => expect(tried).toEqual(['1/1', '1/2', '1/3', '2/1']))
  })

  it('is buried after its attempts, at once when trying again is no use', async () => {
    const [a, b, c] = [newId('call'), newId('call'), newId('call')]
    const attempts = new Map<string, number>()
    const { durable } = await consume([a, b, c], (fact) => {
      attempts.set(fact.subject ?? '', (attempts.get(fact.subject ?? '') ?? 0) + 1)
      if (fact.subject === a) throw new Fault('carrier.unavailable')
      if (fact.subject === b) throw new Fault('call.not-found')
      throw new TypeError('a bug')
    })
    for (const callId of [a, b, c]) await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(async () => expect(await deadLetters(durable, [a, b, c])).toHaveLength(3))
    expect([attempts.get(a), attempts.get(b), attempts.get(c)]).toEqual([3, 1, 3])
    const reasons = (await deadLetters(durable, [a, b, c])).map(({ reason }) => reason).sort()
    expect(reasons).toEqual([
      'call.not-found: There is no such call',
      'carrier.unavailable after 3 attempts: The carrier cannot be reached',
      'error after 3 attempts: a bug',
    ])
    expect(counted).toContain(`dead-lettered ${durable}`)
  })

  it('is not blamed for an outage', async () => {
    const callId = newId('call')
    const seen: number[] = []
    await consume([callId], (_fact, attempt) => {
      seen.push(attempt)
      if (seen.length < 5) throw new Fault('database.unavailable')
    })
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(seen).toEqual([1, 1, 1, 1, 1]))
  })

  it('can be parked', async () => {
    const callId = newId('call')
    const waits: number[] = []
    const subscription = await bus.on({
      durable: 'parking',
      channels: [callEnded],
      async handle(fact, { waitedMs }) {
        if (fact.subject !== callId) return
        waits.push(waitedMs)
        return waitedMs < 120 ? 'parked' : undefined
      },
    })
    subscriptions.push(subscription)
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(waits.at(-1)).toBeGreaterThanOrEqual(120))
    expect(waits[0]).toBeLessThan(50)
  })
})

describe('a consumer', () => {
  it('works on other calls while one is slow', async () => {
    const [slow, fast] = [newId('call'), newId('call')]
    const done: string[] = []
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await consume([slow, fast], async (fact) => {
      if (fact.subject === slow) await held
      done.push(fact.subject === slow ? 'slow' : 'fast')
    })
    for (const callId of [slow, fast, slow, fast]) await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(done).toEqual(['fast', 'fast']))
    letGo()
    await eventually(() => expect(done).toEqual(['fast', 'fast', 'slow', 'slow']))
  })

  it('handles no more calls at once than it may', async () => {
    const calls = Array.from({ length: 12 }, () => newId('call'))
    let running = 0
    let most = 0
    let done = 0
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await consume(
      calls,
      async () => {
        most = Math.max(most, ++running)
        if (running === 3) letGo()
        await held
        await new Promise((resolve) => setImmediate(resolve))
        running--
        done++
      },
      { parallel: 3 },
    )
    for (const callId of calls) await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(done).toBe(12))
    expect(most).toBe(3)
  })

  it('ignores types it does not know and types it was not asked for', async () => {
    const callId = newId('call')
    const taken: string[] = []
    const { durable } = await consume([callId], (fact) => taken.push(fact.type))
    const newer = { ...endedFact({ callId, sequence: 1 }), type: 'call.teleported' }
    raw.publish(`calls.v1.${callId}.lifecycle`, JSON.stringify(newer))
    await raw.flush()
    const other = {
      ...endedFact({ callId, sequence: 2 }),
      type: callIntended.type,
      data: { epoch: 1, what: 'end', reason: 'x' },
    }
    await bus.publish(other)
    await bus.publish(endedFact({ callId, sequence: 3 }))
    await eventually(() => expect(taken).toEqual(['call.ended']))
    expect(counted).toContain(`unknown-type ${durable}`)
    expect(await deadLetters(durable, [callId])).toEqual([])
  })

  it('shares the work with another pod, and hands over what it could not finish', async () => {
    const callId = newId('call')
    const other = await open()
    const tried: string[] = []
    const first = await consume([callId], () => {
      tried.push('first')
      throw new Fault('database.unavailable')
    })
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(tried).toContain('first'))
    await first.subscription.stop()
    await consume([callId], () => tried.push('second'), { durable: first.durable, on: other })
    await eventually(() => expect(tried.at(-1)).toBe('second'))
    await other.close()
  })

  it('goes on where it was', async () => {
    const callId = newId('call')
    const taken: number[] = []
    const first = await consume([callId], (fact) => taken.push(fact.sequence))
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect(taken).toEqual([1]))
    await first.subscription.stop()
    await bus.publish(endedFact({ callId, sequence: 2 }))
    await consume([callId], (fact) => taken.push(fact.sequence), { durable: first.durable })
    await eventually(() => expect(taken).toEqual([1, 2]))
  })

  it('is made again when somebody deletes it', async () => {
    const callId = newId('call')
    const taken = new Set<number>()
    const { durable } = await consume([callId], (fact) => taken.add(fact.sequence))
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect([...taken]).toEqual([1]))
    await jsm.consumers.delete('CALLS', durable)
    await bus.publish(endedFact({ callId, sequence: 2 }))
    await eventually(() => expect([...taken]).toEqual([1, 2]))
    expect(counted).toContain(`consumer-recreated ${durable}`)
  })

  it('learns of earlier facts of the same source from the stream', async () => {
    const callId = newId('call')
    const answers: boolean[] = []
    const positions: number[] = []
    const subscription = await bus.on({
      durable: 'earlier',
      channels: [callEnded, callStarted],
      async handle(fact, arrival) {
        if (fact.subject !== callId) return
        positions.push(arrival.streamPosition)
        if (fact.sequence < 4) return
        answers.push(await arrival.hasEarlier(positions[0] ?? 0))
        answers.push(await arrival.hasEarlier(positions.at(-2) ?? 0))
      },
    })
    subscriptions.push(subscription)
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await bus.publish(endedFact({ callId, sequence: 2 }))
    await bus.publish(endedFact({ callId, sequence: 1, source: '/media-bridge/1' }))
    await bus.publish(endedFact({ callId, sequence: 4 }))
    await eventually(() => expect(answers).toEqual([true, false]))
  })
})

describe('a server that is killed and comes back', () => {
  it('is a fault at once while it is away; facts and consumers go on afterwards', async () => {
    const callId = newId('call')
    const taken = new Set<number>()
    await consume([callId], (fact) => taken.add(fact.sequence))
    await bus.publish(endedFact({ callId, sequence: 1 }))
    await eventually(() => expect([...taken]).toEqual([1]))
    for (const round of [2, 3]) {
      await nats.kill()
      await eventually(() => expect(bus.isConnected()).toBe(false))
      const fact = endedFact({ callId, sequence: round })
      const asked = performance.now()
      await expect(bus.publish(fact)).rejects.toMatchObject({ code: 'bus.unavailable', retryable: true })
      expect(performance.now() - asked).toBeLessThan(100)
      await nats.start()
      await eventually(async () => {
        expect((await bus.publish(fact)).duplicate).toBe(false)
      })
      await eventually(() => expect(taken.has(round)).toBe(true), 15_000)
    }
  })
})
