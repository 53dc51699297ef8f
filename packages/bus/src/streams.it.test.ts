import { jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { podHeartbeat } from '@toritsugi/contracts'
import { eventually } from '@toritsugi/testkit'
import { startOwnNats } from '@toritsugi/testkit/infra'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { connectBus } from './bus.ts'

const nats = await startOwnNats()
const raw = await connect({ servers: nats.url })
const jsm = await jetstreamManager(raw)
const join = () => connectBus({ url: nats.url, name: 'test' })
afterAll(async () => {
  await raw.close()
  await nats.close()
})

describe('the streams', () => {
  it('are made as they should be, by many at once', async () => {
    const buses = await Promise.all([join(), join(), join()])
    await Promise.all(buses.map((bus) => bus.close()))
    const { config } = await jsm.streams.info('CALLS')
    expect(config).toMatchObject({
      subjects: ['calls.v1.>'],
      storage: 'file',
      retention: 'limits',
      max_age: 7 * 86_400 * 1e9,
      duplicate_window: 120 * 1e9,
    })
    expect((await jsm.streams.info('PLATFORM')).config.subjects).toEqual(['platform.v1.>'])
    expect((await jsm.streams.info('DEADLETTER')).config.subjects).toEqual(['dead.v1.>'])
  })

  it('are brought to what they should be, what they hold is kept', async () => {
    await raw.request('calls.v1.x.lifecycle', 'kept')
    await jsm.streams.update('CALLS', { max_age: 3_600 * 1e9 })
    await (await join()).close()
    const { config, state } = await jsm.streams.info('CALLS')
    expect([config.max_age, state.messages]).toEqual([7 * 86_400 * 1e9, 1])
  })

  it('that belong to something else are told in plain words', async () => {
    await jsm.streams.delete('CALLS')
    await jsm.streams.add({
      name: 'CALLS',
      subjects: ['calls.v1.>'],
      storage: StorageType.Memory,
      retention: RetentionPolicy.Workqueue,
    })
    await expect(join()).rejects.toMatchObject({
      code: 'bus.unavailable',
      retryable: false,
      detail: expect.stringMatching(/the stream CALLS cannot be made.*workqueue in memory/),
    })
    await jsm.streams.delete('CALLS')
    await jsm.streams.add({ name: 'OTHERS', subjects: ['calls.>'] })
    await expect(join()).rejects.toMatchObject({ detail: expect.stringMatching(/CALLS.*overlap/) })
    await jsm.streams.delete('OTHERS')
  })
})

describe('live subjects', () => {
  it('reach who listens; what does not fit is dropped', async () => {
    const bus = await join()
    const heard: unknown[] = []
    bus.onLive('live.v1.call_x.*', z.object({ level: z.number() }), (data, subject) =>
      heard.push([subject, data]),
    )
    await raw.flush()
    await eventually(() => {
      bus.publishLive(['call_x', 'meter'], { level: 'loud' })
      bus.publishLive(['call_x', 'meter'], { level: 3 })
      expect(heard[0]).toEqual(['live.v1.call_x.meter', { level: 3 }])
    })
    expect(() => bus.publishLive(['call_x', '>'], {})).not.toThrow()
    expect(bus.publishLive(['a.b'], {})).toBe(false)
    expect(podHeartbeat.subject.startsWith('live.v1.')).toBe(true)
    await bus.close()
  })
})
