import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Fault, intendCall } from '@toritsugi/contracts'
import { setTimer } from '@toritsugi/db'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { publicUrl, type Stage, setStage, someCall, streamIn } from './it-stage.ts'
import { markRescued, mayRescue } from './rescue-repository.ts'

let stage: Stage
beforeAll(async () => {
  const postgres = await usePostgres()
  const nats = await useNats()
  stage = await setStage({ databaseUrl: postgres.url('call_control'), natsUrl: nats.url })
})
beforeEach(async () => {
  stage.carrier.told.length = 0
  stage.carrier.faults = {}
  // A rescue within the last ten seconds would hold up the next one.
  await stage.db.client.$executeRaw`UPDATE "call_control"."call" SET rescued_at = NULL`
  await stage.db.client.$executeRaw`DELETE FROM "call_control"."timer"`
})

/** A call whose first stream flows. */
async function flowing() {
  const call = someCall()
  await stage.webhook('/api/twilio/voice', call.params)
  await stage.tell('/media-bridge/1', call.callId, 'stream.started', {
    epoch: 1,
    carrierStreamId: `MZ${'7f'.repeat(16)}`,
    podId: 'pod-1',
  })
  await stage.fact(call.callId, 'leg.answered')
  return call
}

const loses = (
  call: ReturnType<typeof someCall>,
  because: 'lost' | 'stop' | 'superseded' = 'lost',
  epoch = 1,
) =>
  stage.tell(`/media-bridge/${epoch}`, call.callId, 'stream.ended', {
    epoch,
    because,
    turns: [],
    lengthMs: 1000,
    framesIn: 50,
    framesOut: 10,
    framesDropped: 0,
  })

const timersOf = async (call: ReturnType<typeof someCall>, kind: string) => {
  const rows = await stage.db.client.callControlTimer.findMany({ where: { kind } })
  return rows.filter(({ body }) => (body as { callId: string }).callId === call.callId)
}
/** Has the call's rhythm come round now. */
const checkUpNow = (call: ReturnType<typeof someCall>) =>
  stage.db.inTransaction((tx) =>
    setTimer(tx, 'call_control', {
      key: `now:${call.callId}`,
      kind: 'checkup',
      dueAt: new Date(),
      body: { callId: call.callId, repeats: false },
    }),
  )

describe('a stream that was lost', () => {
  it('has the call sent to its next document when it does not ask by itself', async () => {
    const call = await flowing()
    await loses(call)
    expect(await stage.carrier.whenTold(call.carrierCallId)).toBe(
      `redirect ${call.carrierCallId} ${publicUrl}${call.path('continue')}?epoch=1`,
    )
    const next = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(streamIn(next.body).claims.epoch).toBe(2)
    expect((await stage.fact(call.callId, 'stream.offered', 2)).data).toEqual({
      epoch: 2,
      because: 'stream-lost',
    })
  })

  it('needs no help when the call asks in time', async () => {
    const [asks, silent] = [await flowing(), await flowing()]
    await loses(asks)
    await stage.webhook(`${asks.path('continue')}?epoch=1`, asks.live)
    await loses(silent)
    // The later one's rescue comes after the earlier one's would have.
    await stage.carrier.whenTold(silent.carrierCallId)
    expect(stage.carrier.told.join()).not.toContain(asks.carrierCallId)
  })

  it('is known from the carrier too', async () => {
    const call = await flowing()
    const status = await stage.webhook(`${call.path('stream-status')}?epoch=1`, {
      AccountSid: `AC${'0'.repeat(32)}`,
      CallSid: call.carrierCallId,
      StreamSid: `MZ${'7f'.repeat(16)}`,
      StreamName: 'x',
      StreamEvent: 'stream-error',
      StreamError: '31903',
      Timestamp: new Date().toISOString(),
    })
    expect(status.statusCode).toBe(204)
    await stage.carrier.whenTold(`redirect ${call.carrierCallId}`)
  })

  it('of an older epoch changes nothing', async () => {
    const call = await flowing()
    await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    await loses(call, 'lost', 1)
    await stage.until(async () => {
      const { body } = await stage.get(`/api/v1/calls/${call.callId}`)
      return body.timeline.some(({ type }: { type: string }) => type === 'stream.ended') ? true : null
    })
    expect(await timersOf(call, 'rescue')).toEqual([])
  })

  it('is found over when the carrier says that the call is not in progress', async () => {
    const call = await flowing()
    stage.carrier.calls.set(call.carrierCallId, {
      status: 'completed',
      talkedMs: 12_000,
      endedAt: new Date().toISOString(),
    })
    stage.carrier.faults.redirect = new Fault('carrier.not-in-progress')
    await loses(call)
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'caller-hung-up' })
  })

  it('is rescued at most one at a time when there are few calls', async () => {
    const calls = [await flowing(), await flowing(), await flowing()]
    for (const call of calls) await loses(call)
    await stage.carrier.whenTold('redirect')
    const waiting = await stage.until(async () => {
      const rows = await Promise.all(calls.map((call) => timersOf(call, 'rescue')))
      // Two wait for their turn, one waits to be sent again should it not ask.
      return rows.every((timers) => timers.length === 1) ? rows.flat() : null
    })
    expect(waiting).toHaveLength(3)
    expect(stage.carrier.told.filter((line) => line.startsWith('redirect'))).toHaveLength(1)
  })
})

it('a tenth of the calls that live may be rescued within ten seconds', async () => {
  const { client } = stage.db
  const allowed = () => stage.db.inTransaction((tx) => mayRescue(tx))
  const endAll = () => client.$executeRaw`
    UPDATE "call_control"."call" SET state = 'ended', ended_at = now(), end_reason = 'unknown', blame = 'unknown'`
  await endAll()
  const calls = Array.from({ length: 30 }, () => someCall())
  for (const call of calls) await stage.webhook('/api/twilio/voice', call.params)
  for (const call of calls.slice(0, 3)) {
    expect(await allowed()).toBe(true)
    await stage.db.inTransaction((tx) => markRescued(tx, call.callId))
  }
  expect(await allowed()).toBe(false)
  await client.$executeRaw`
    UPDATE "call_control"."call" SET rescued_at = now() - interval '11 seconds' WHERE rescued_at IS NOT NULL`
  expect(await allowed()).toBe(true)
  await endAll()
})

describe('a pod', () => {
  it('that falls silent and does not answer loses its streams; one that answers does not', async () => {
    const alive = createServer((_request, response) => response.end('{}'))
    await new Promise<void>((resolve) => alive.listen(0, '127.0.0.1', resolve))
    afterAll(() => alive.close())
    const { port } = alive.address() as AddressInfo
    const [onDead, onAlive] = [await flowing(), await flowing()]
    const beat = (podId: string, url: string, call: typeof onDead) =>
      stage.others.publishLive(['pods', 'heartbeat'], {
        podId,
        url,
        at: new Date().toISOString(),
        capacity: 10,
        free: 9,
        draining: false,
        calls: [{ callId: call.callId, epoch: 1 }],
      })
    beat('pod-alive', `http://127.0.0.1:${port}`, onAlive)
    beat('pod-dead', 'http://127.0.0.1:9', onDead)
    await stage.carrier.whenTold(`redirect ${onDead.carrierCallId}`)
    expect(stage.carrier.told.join()).not.toContain(onAlive.carrierCallId)
    const { body } = await stage.get(`/api/v1/calls/${onAlive.callId}`)
    expect(body.state).toBe('in-progress')
  })
})

describe('a call whose callbacks never came', () => {
  it('is closed soon after its stream stopped', async () => {
    const call = await flowing()
    const endedAt = new Date().toISOString()
    stage.carrier.calls.set(call.carrierCallId, { status: 'completed', talkedMs: 9000, endedAt })
    await loses(call, 'stop')
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'caller-hung-up', endedAt })
    expect(stage.carrier.told).toEqual([`fetch ${call.carrierCallId}`])
  })

  it('is looked at each minute, by itself', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    const [timer] = await timersOf(call, 'checkup')
    const inMs = (timer?.dueAt.getTime() ?? 0) - Date.now()
    expect(inMs).toBeGreaterThan(50_000)
    expect(inMs).toBeLessThanOrEqual(60_000)
    expect(timer?.body).toMatchObject({ repeats: true })
  })

  it('is closed when the carrier knows nothing of it any more', async () => {
    const call = await flowing()
    stage.carrier.calls.delete(call.carrierCallId)
    await checkUpNow(call)
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'carrier-lost', blame: 'carrier' })
  })

  it('stays when a pod holds it, and the carrier is not even asked', async () => {
    const [held, other] = [await flowing(), await flowing()]
    stage.pod.held = [{ callId: held.callId, epoch: 1 }]
    await stage.beatNow()
    await checkUpNow(held)
    await checkUpNow(other)
    await stage.fact(other.callId, 'call.ended')
    expect(stage.carrier.told.join()).not.toContain(held.carrierCallId)
    stage.pod.held = []
    await stage.beatNow()
  })

  it('is asked about again when the carrier does not answer', async () => {
    const call = await flowing()
    stage.carrier.faults.fetch = new Fault('carrier.unavailable')
    await checkUpNow(call)
    await stage.carrier.whenTold(`fetch ${call.carrierCallId}`)
    stage.carrier.faults = {}
    stage.carrier.told.length = 0
    await checkUpNow(call)
    await stage.fact(call.callId, 'call.ended')
  })

  it('is hung up when it goes on long after the farewell', async () => {
    const call = await flowing()
    const intent = { callId: call.callId, epoch: 1, what: 'end', reason: 'assistant-ended' } as const
    await stage.others.request(intendCall, intent)
    await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    await stage.db.client.call.update({
      where: { id: call.callId },
      data: { farewellAt: new Date(Date.now() - 30_000) },
    })
    stage.carrier.calls.set(call.carrierCallId, { status: 'in-progress', talkedMs: null, endedAt: null })
    await checkUpNow(call)
    await stage.carrier.whenTold(`hang up ${call.carrierCallId}`)
  })

  it('is sent on when nobody holds it although it is in progress', async () => {
    const call = await flowing()
    await stage.db.client.$executeRaw`
      UPDATE "call_control"."call"
      SET streams = jsonb_set(streams, '{0,startedAt}', '"2026-01-01T00:00:00.000Z"') WHERE id = ${call.callId}`
    stage.carrier.calls.set(call.carrierCallId, { status: 'in-progress', talkedMs: null, endedAt: null })
    await checkUpNow(call)
    await stage.carrier.whenTold(`redirect ${call.carrierCallId}`)
  })
})
