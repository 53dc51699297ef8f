import { intendCall } from '@toritsugi/contracts'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { publicUrl, type Stage, setStage, someCall, streamIn } from './it-stage.ts'

let stage: Stage
beforeAll(async () => {
  const postgres = await usePostgres()
  const nats = await useNats()
  stage = await setStage({ databaseUrl: postgres.url('call_control'), natsUrl: nats.url })
})

describe('a call that goes well', () => {
  it('is answered, continued, ended and told of', async () => {
    const call = someCall()
    const first = await stage.webhook('/api/twilio/voice', call.params)
    expect(first.statusCode).toBe(200)
    expect(first.headers['content-type']).toContain('text/xml')
    const stream = streamIn(first.body)
    expect(stream.url).toBe(`wss://calls.example.com/api/twilio/media-stream/${call.callId}`)
    expect(stream.claims).toMatchObject({ callId: call.callId, callSid: call.carrierCallId, epoch: 1 })
    expect(stream.claims.exp - Date.now() / 1000).toBeLessThanOrEqual(60)
    expect(first.body).toContain(
      `<Connect action="${publicUrl}${call.path('continue')}?epoch=1" method="POST">`,
    )
    expect(first.body).toContain(
      `<Redirect method="POST">${publicUrl}${call.path('continue')}?epoch=1</Redirect>`,
    )

    await stage.tell('/media-bridge/1', call.callId, 'stream.started', {
      epoch: 1,
      carrierStreamId: `MZ${'7f'.repeat(16)}`,
      podId: 'pod-1',
    })
    await stage.fact(call.callId, 'leg.answered')
    const intended = await stage.others.request(intendCall, {
      callId: call.callId,
      epoch: 1,
      what: 'end',
      reason: 'assistant-ended',
    })
    expect(intended).toEqual({ ok: true, value: {} })
    const next = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(next.body).toContain('<Response><Hangup/></Response>')
    const done = await stage.webhook(call.path('status'), {
      ...call.params,
      CallStatus: 'completed',
      CallDuration: '31',
      SequenceNumber: '3',
    })
    expect(done.statusCode).toBe(204)
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'assistant-ended', blame: 'nobody', streams: 1 })
    expect(stage.said(call.callId)).toEqual([
      'call.started',
      'stream.offered',
      'leg.answered',
      'call.intended',
      'leg.ended',
      'call.ended',
    ])
    const started = stage.facts.find((fact) => fact.subject === call.callId && fact.type === 'call.started')
    expect(JSON.stringify(started)).not.toContain(call.params.From)
  })
})
