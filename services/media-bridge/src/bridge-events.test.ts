import { Fault, newId } from '@toritsugi/contracts'
import { createLogger } from '@toritsugi/service-kit'
import { describe, expect, it } from 'vitest'
import { factSpool } from './bridge-events.ts'
import { newCounts } from './bridge-metrics.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const started = { epoch: 1, carrierStreamId: `MZ${'0'.repeat(32)}`, podId: 'pod' }

/** A bus that answers when it is told to. */
function bus() {
  const sent: { callId: string | undefined; sequence: number; answer(error?: Error): void }[] = []
  const waiting: (() => void)[] = []
  return {
    sent,
    publish: ({ subject, sequence }: { subject?: string | undefined; sequence: number }) =>
      new Promise<void>((resolve, reject) => {
        sent.push({ callId: subject, sequence, answer: (error) => (error ? reject(error) : resolve()) })
        for (const wake of waiting.splice(0)) wake()
      }),
    /** The nth publish, past or future. */
    async nth(n: number) {
      while (sent.length < n) await new Promise<void>((resolve) => void waiting.push(resolve))
      return sent[n - 1] ?? expect.fail()
    },
  }
}

describe('the spool', () => {
  it('keeps the order of a call, and sends what was gathered together', async () => {
    const { publish, sent, nth } = bus()
    const spool = factSpool({ publish, counts: newCounts(), log, most: 100 })
    const facts = spool.facts(newId('call'), 1)
    for (let n = 0; n < 3; n++) facts.publish('stream.started', started)
    expect([sent.length, spool.depth()]).toEqual([0, 3])
    await nth(3)
    facts.publish('stream.started', started)
    for (const one of sent) one.answer()
    ;(await nth(4)).answer()
    expect(await spool.drain(1000)).toBe(0)
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  })

  it('does not let one call wait for another', async () => {
    const { publish, sent, nth } = bus()
    const spool = factSpool({ publish, counts: newCounts(), log, most: 100 })
    const calls = [newId('call'), newId('call')]
    for (const callId of calls) spool.facts(callId, 1).publish('stream.started', started)
    await nth(2)
    expect(sent.map(({ callId }) => callId)).toEqual(calls)
  })

  it('sends again from the first fact that was not taken, in order', async () => {
    const { publish, sent, nth } = bus()
    const spool = factSpool({ publish, counts: newCounts(), log, most: 100 })
    const facts = spool.facts(newId('call'), 1)
    for (let n = 0; n < 3; n++) facts.publish('stream.started', started)
    ;(await nth(1)).answer()
    ;(await nth(2)).answer(new Fault('bus.timed-out'))
    ;(await nth(3)).answer()
    ;(await nth(4)).answer(new Fault('bus.unavailable'))
    ;(await nth(5)).answer(new Fault('bus.unavailable'))
    ;(await nth(6)).answer()
    ;(await nth(7)).answer()
    expect(await spool.drain(1000)).toBe(0)
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 2, 3, 2, 3])
  })

  it('gives up a fact the bus will never take, and goes on', async () => {
    const { publish, sent, nth } = bus()
    const counts = newCounts()
    const spool = factSpool({ publish, counts, log, most: 100 })
    const facts = spool.facts(newId('call'), 1)
    facts.publish('stream.started', started)
    facts.publish('stream.started', started)
    ;(await nth(1)).answer(new Fault('bus.malformed'))
    ;(await nth(2)).answer()
    expect(await spool.drain(1000)).toBe(0)
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(counts.factsDropped).toBe(1)
  })

  it('is bounded: the oldest goes, and is counted', async () => {
    const { publish, sent, nth } = bus()
    const counts = newCounts()
    const spool = factSpool({ publish, counts, log, most: 3 })
    const facts = spool.facts(newId('call'), 1)
    for (let n = 0; n < 5; n++) facts.publish('stream.started', started)
    expect(spool.depth()).toBe(3)
    expect(counts.factsDropped).toBe(2)
    for (let n = 1; n <= 3; n++) (await nth(n)).answer()
    expect(await spool.drain(1000)).toBe(0)
    expect(sent.map(({ sequence }) => sequence)).toEqual([3, 4, 5])
  })

  it('says what is left when the bus does not come back in time', async () => {
    const { publish } = bus()
    const spool = factSpool({ publish, counts: newCounts(), log, most: 10 })
    spool.facts(newId('call'), 1).publish('stream.started', started)
    expect(await spool.drain(1)).toBe(1)
  })
})
