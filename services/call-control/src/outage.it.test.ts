import { useNats, usePostgres } from '@toritsugi/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { cuttable } from './cuttable-stage.ts'
import { type Stage, setStage, someCall, streamIn } from './it-stage.ts'
import { planReply } from './plan-fixture.ts'

let stage: Stage
let database: Awaited<ReturnType<typeof cuttable>>
let nats: Awaited<ReturnType<typeof cuttable>>
beforeAll(async () => {
  const postgres = await usePostgres()
  const server = await useNats()
  database = await cuttable(postgres.url('call_control'))
  nats = await cuttable(server.url)
  stage = await setStage({ databaseUrl: database.url, natsUrl: nats.url, ownNatsUrl: server.url })
  // One call while all is well: from now on the plan of our number is known.
  const call = someCall()
  await stage.webhook('/api/twilio/voice', call.params)
  await stage.fact(call.callId, 'stream.offered')
})

const planFor = (callId: string, token: string) =>
  stage.app.inject({
    url: `/internal/v1/calls/${callId}/plan`,
    headers: { authorization: `Bearer ${token}` },
  })

describe('while the database is away', () => {
  it('calls are answered, go on, end, and are written down when it is back', async () => {
    const [call, stays] = [someCall(), someCall()]
    database.cut()
    const first = await stage.webhook('/api/twilio/voice', call.params)
    expect(first.statusCode).toBe(200)
    const stream = streamIn(first.body)
    expect(stream.claims).toMatchObject({
      callId: call.callId,
      epoch: 1,
      degraded: { from: call.params.From, to: call.params.To },
    })
    expect((await stage.webhook('/api/twilio/voice', call.params)).body).toBe(first.body)
    const second = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(streamIn(second.body).claims.epoch).toBe(2)
    await stage.webhook('/api/twilio/voice', stays.params)
    const done = await stage.webhook(call.path('status'), {
      ...call.params,
      CallStatus: 'completed',
      CallDuration: '9',
    })
    expect(done.statusCode).toBe(204)
    expect((await stage.get('/api/v1/calls')).statusCode).toBe(503)

    database.mend()
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'caller-hung-up', streams: 2 })
    expect(stage.said(call.callId)).toEqual([
      'call.started',
      'stream.offered',
      'leg.answered',
      'stream.offered',
      'leg.ended',
      'call.ended',
    ])
    const started = await stage.fact(call.callId, 'call.started')
    expect(started.data).toMatchObject({ degraded: true, mode: 'realtime' })
    const shown = await stage.until(async () => {
      const { statusCode, body } = await stage.get(`/api/v1/calls/${call.callId}`)
      return statusCode === 200 ? body : null
    })
    expect(shown).toMatchObject({ from: call.params.From, degraded: true, state: 'ended' })
    expect(shown.contactId).toMatch(/^ctc_/)
    // The other one lives on, and the same question still gets the same answer.
    await stage.fact(stays.callId, 'stream.offered')
    const next = await stage.webhook(`${stays.path('continue')}?epoch=1`, stays.live)
    expect(streamIn(next.body).claims).toMatchObject({ epoch: 2 })
    expect(streamIn(next.body).claims).not.toHaveProperty('degraded')
  })

  it('messages are kept', async () => {
    const call = someCall()
    stage.session.reply = { ...planReply, mode: 'message', modeReason: 'switched-off', plan: null }
    await stage.webhook('/api/twilio/voice', call.params)
    stage.session.reply = planReply
    database.cut()
    const thanks = await stage.webhook(call.path('message'), {
      ...call.live,
      RecordingSid: `RE${'6a'.repeat(16)}`,
      RecordingDuration: '7',
    })
    expect(thanks.body).toContain('メッセージをお預かりしました')
    database.mend()
    const taken = await stage.fact(call.callId, 'message.taken')
    expect(taken.data).toMatchObject({ form: 'recording', durationMs: 7000 })
  })

  it('facts of other services wait for it', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    database.cut()
    await stage.tell('/media-bridge/1', call.callId, 'stream.started', {
      epoch: 1,
      carrierStreamId: `MZ${'7f'.repeat(16)}`,
      podId: 'pod-1',
    })
    database.mend()
    await stage.fact(call.callId, 'leg.answered')
  })
})

describe('while the bus is away', () => {
  it('calls are answered by the last plan that was seen, and pods are told it over HTTP', async () => {
    const call = someCall()
    nats.cut()
    const first = await stage.until(async () => {
      if (stage.bus.isConnected()) return null
      return stage.webhook('/api/twilio/voice', call.params)
    })
    const { token } = streamIn(first.body)
    const plan = await planFor(call.callId, token)
    expect(plan.statusCode).toBe(200)
    expect(plan.json()).toEqual({
      plan: { ...planReply.plan, callId: call.callId },
      dialogue: [],
    })
    const { body } = await stage.get(`/api/v1/calls/${call.callId}`)
    expect(body).toMatchObject({ degraded: true, mode: 'realtime', modeReason: 'last-known-plan' })
    nats.mend()
    // What was written meanwhile is told once it is back.
    const started = await stage.fact(call.callId, 'call.started')
    expect(started.data).toMatchObject({ degraded: true })
  })

  it('a call to a number without any known plan is told so', async () => {
    stage.session.reply = null
    const call = someCall({ To: '+815099999999' })
    const first = await stage.webhook('/api/twilio/voice', call.params)
    stage.session.reply = planReply
    expect(first.body).toContain('<Record ')
    expect((await stage.fact(call.callId, 'call.apologised')).data).toEqual({ because: 'no-plan' })
  })

  it('a plan is shown to whoever holds a token of that call, and to nobody else', async () => {
    const [call, other] = [someCall(), someCall()]
    const { token } = streamIn((await stage.webhook('/api/twilio/voice', call.params)).body)
    const problem = { statusCode: 401 }
    expect(await planFor(other.callId, token)).toMatchObject(problem)
    expect(await planFor(call.callId, `${token.slice(0, -3)}AAA`)).toMatchObject(problem)
    expect(await planFor(call.callId, 'nonsense')).toMatchObject(problem)
    expect(await stage.app.inject(`/internal/v1/calls/${call.callId}/plan`)).toMatchObject(problem)
    expect((await planFor(call.callId, token)).statusCode).toBe(200)
  })
})

describe('while both are away', () => {
  it('calls are answered, and written down from what a token says if need be', async () => {
    database.cut()
    nats.cut()
    const call = someCall()
    const first = await stage.webhook('/api/twilio/voice', call.params)
    const { token } = streamIn(first.body)
    expect((await planFor(call.callId, token)).statusCode).toBe(200)
    database.mend()
    nats.mend()
    const offered = await stage.fact(call.callId, 'stream.offered')
    expect(offered.data).toEqual({ epoch: 1, because: 'call-came-in' })
  })
})
