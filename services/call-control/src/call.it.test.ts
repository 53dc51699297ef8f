import { intendCall, newId, takeMessage, verifyKey } from '@toritsugi/contracts'
import { hashKey } from '@toritsugi/service-kit'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { ourNumber, publicUrl, type Stage, setStage, someCall, streamIn } from './it-stage.ts'
import { planReply } from './plan-fixture.ts'

let stage: Stage
beforeAll(async () => {
  const postgres = await usePostgres()
  const nats = await useNats()
  stage = await setStage({ databaseUrl: postgres.url('call_control'), natsUrl: nats.url })
})

const startsStream = (call: ReturnType<typeof someCall>, epoch: number) =>
  stage.tell(`/media-bridge/${epoch}`, call.callId, 'stream.started', {
    epoch,
    carrierStreamId: `MZ${'7f'.repeat(16)}`,
    podId: 'pod-1',
  })
const endsStream = (call: ReturnType<typeof someCall>, epoch: number, because: 'stop' | 'closed' | 'lost') =>
  stage.tell(`/media-bridge/${epoch}`, call.callId, 'stream.ended', {
    epoch,
    because,
    turns: [],
    lengthMs: 1000,
    framesIn: 50,
    framesOut: 10,
    framesDropped: 0,
  })
const ends = (call: ReturnType<typeof someCall>, more: Record<string, string> = {}) =>
  stage.webhook(call.path('status'), {
    ...call.params,
    CallStatus: 'completed',
    CallDuration: '31',
    SequenceNumber: '3',
    ...more,
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
    expect(Object.keys(stream.claims).sort()).toEqual(['callId', 'callSid', 'epoch', 'exp', 'jti'])
    expect(stream.claims.exp - Date.now() / 1000).toBeLessThanOrEqual(60)
    const goOn = `${publicUrl}${call.path('continue')}?epoch=1`
    expect(first.body).toContain(`<Connect action="${goOn}" method="POST">`)
    expect(first.body).toContain(`</Connect><Redirect method="POST">${goOn}</Redirect></Response>`)

    await startsStream(call, 1)
    await stage.fact(call.callId, 'leg.answered')
    const intent = { callId: call.callId, epoch: 1, what: 'end', reason: 'assistant-ended' } as const
    expect(await stage.others.request(intendCall, intent)).toEqual({ ok: true, value: {} })
    const next = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(next.body).toContain('<Response><Hangup/></Response>')
    expect((await ends(call)).statusCode).toBe(204)
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
    const sequences = stage.facts.filter((f) => f.subject === call.callId).map((f) => f.sequence)
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6])
    const started = await stage.fact(call.callId, 'call.started')
    expect(started.data).toMatchObject({
      direction: 'inbound',
      mode: 'realtime',
      degraded: false,
      from: expect.stringMatching(/^\+81•+\d\d$/),
    })
    expect(JSON.stringify(stage.facts)).not.toContain(call.params.From)
  })

  it('makes one contact of one number', async () => {
    const [one, two] = [someCall({ From: '+819099999999' }), someCall({ From: '+819099999999' })]
    await Promise.all([one, two].map((call) => stage.webhook('/api/twilio/voice', call.params)))
    const [a, b] = await Promise.all(
      [one, two].map(async ({ callId }) => (await stage.get(`/api/v1/calls/${callId}`)).body),
    )
    expect(a.contactId).toMatch(/^ctc_/)
    expect(b.contactId).toBe(a.contactId)
    const hidden = someCall({ From: 'anonymous' })
    await stage.webhook('/api/twilio/voice', hidden.params)
    const { body } = await stage.get(`/api/v1/calls/${hidden.callId}`)
    expect(body).toMatchObject({ from: null, contactId: null, to: ourNumber })
  })
})

describe('a repeated webhook', () => {
  it('gets the same document, has no second effect, and puts no second token in force', async () => {
    const call = someCall()
    const asked = stage.session.asked
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => stage.webhook('/api/twilio/voice', call.params)),
    )
    const later = await stage.webhook('/api/twilio/voice', call.params, { 'i-twilio-idempotency-token': 'x' })
    expect(new Set([...answers, later].map(({ body }) => body)).size).toBe(1)
    expect(stage.session.asked).toBeGreaterThan(asked)
    await startsStream(call, 1)
    await stage.fact(call.callId, 'leg.answered')

    const goOn = `${call.path('continue')}?epoch=1`
    const next = await Promise.all([1, 2, 3].map(() => stage.webhook(goOn, call.live)))
    expect(new Set(next.map(({ body }) => body)).size).toBe(1)
    expect(streamIn(next[0]?.body ?? '').claims.epoch).toBe(2)
    // Whoever repeats the question of an older stream gets what it got.
    const replayed = await stage.webhook(goOn, call.live)
    expect(replayed.body).toBe(next[0]?.body)
    expect((await stage.webhook('/api/twilio/voice', call.params)).body).toBe(answers[0]?.body)
    await ends(call)
    await stage.fact(call.callId, 'call.ended')
    expect(stage.said(call.callId).filter((type) => type === 'stream.offered')).toHaveLength(2)
    expect(stage.said(call.callId).filter((type) => type === 'call.started')).toHaveLength(1)
  })

  it('is known by its own token where the address names no epoch', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    const ask = (token: string) =>
      stage.webhook(call.path('continue'), call.live, { 'i-twilio-idempotency-token': token })
    const [a, b, c] = [await ask('one'), await ask('one'), await ask('two')]
    expect(b.body).toBe(a.body)
    expect(streamIn(a.body).claims.epoch).toBe(2)
    expect(c.body).not.toBe(a.body)
  })

  it('ends the call once, whatever comes in which order', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    await Promise.all([
      ends(call),
      ends(call),
      stage.webhook('/api/twilio/status', { ...call.params, CallStatus: 'completed', CallDuration: '31' }),
      stage.webhook(call.path('status'), { ...call.params, CallStatus: 'ringing', SequenceNumber: '0' }),
      stage.webhook(call.path('status'), { ...call.live, SequenceNumber: '1' }),
    ])
    await stage.fact(call.callId, 'call.ended')
    const over = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(over.body).toContain('<Response/>')
    // A call that follows shows that nothing more of the first one was on its way.
    const marker = someCall()
    await stage.webhook('/api/twilio/voice', marker.params)
    await stage.fact(marker.callId, 'stream.offered')
    expect(stage.said(call.callId).filter((type) => type === 'call.ended')).toHaveLength(1)
    expect(stage.said(call.callId).filter((type) => type === 'leg.ended')).toHaveLength(1)
  })

  it('of a call nobody here answered is written down all the same', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/status', { ...call.params, CallStatus: 'completed', CallDuration: '4' })
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'failed', blame: 'us', durationMs: 4000 })
  })

  it('with an old time is dated by it', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    await ends(call, { CallDuration: '5', Timestamp: 'Fri, 21 Nov 2025 05:00:00 +0000' })
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endedAt: '2025-11-21T05:00:00.000Z', durationMs: 5000 })
  })
})

describe('a call that cannot be served', () => {
  it('is told so, in its language, and may leave a message', async () => {
    stage.session.reply = { ...planReply, mode: 'message', modeReason: 'switched-off', plan: null }
    const call = someCall()
    const first = await stage.webhook('/api/twilio/voice', call.params)
    stage.session.reply = planReply
    expect(first.body).toContain(
      `<Say language="ja-JP" voice="Polly.Kazuha-Neural">${planReply.apology}</Say>`,
    )
    expect(first.body).toContain(`<Record action="${publicUrl}${call.path('message')}"`)
    const apologised = await stage.fact(call.callId, 'call.apologised')
    expect(apologised.data).toEqual({ because: 'switched-off' })
    const message = {
      ...call.live,
      RecordingSid: `RE${'6a'.repeat(16)}`,
      RecordingDuration: '7',
      Digits: '#',
    }
    const answers = await Promise.all([1, 2].map(() => stage.webhook(call.path('message'), message)))
    for (const { body } of answers) expect(body).toContain('メッセージをお預かりしました')
    const late = await stage.webhook(call.path('message'), message)
    expect(late.body).toBe(answers[0]?.body)
    const taken = await stage.fact(call.callId, 'message.taken')
    expect(taken.data).toMatchObject({ form: 'recording', durationMs: 7000 })
    // Whoever sends it back here gets a farewell, not a second apology.
    const again = await stage.webhook(`${call.path('continue')}?epoch=3`, call.live)
    expect(again.body).toContain('<Hangup/>')
    await ends(call)
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'message-taken', blame: 'us' })
    const { body } = await stage.get(`/api/v1/calls/${call.callId}`)
    expect(body.messages).toHaveLength(1)
    expect(body).toMatchObject({ mode: 'message', modeReason: 'switched-off' })
  })

  it('may hang up right after leaving one, whichever is told first', async () => {
    stage.session.reply = { ...planReply, mode: 'message', modeReason: 'switched-off', plan: null }
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    stage.session.reply = planReply
    await ends(call)
    const hungUp = { ...call.params, CallStatus: 'completed', RecordingDuration: '7', Digits: 'hangup' }
    await stage.webhook(call.path('message'), { ...hungUp, RecordingSid: `RE${'6b'.repeat(16)}` })
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'message-taken', blame: 'us' })
  })

  it('is refused at once when no pod has room', async () => {
    const call = someCall()
    stage.pod.free = 0
    await stage.beatNow()
    const startedAt = performance.now()
    const first = await stage.webhook('/api/twilio/voice', call.params)
    stage.pod.free = 100
    expect(performance.now() - startedAt).toBeLessThan(1000)
    await stage.beatNow()
    expect(first.body).toMatch(/<Response><Say language="ja-JP"[^>]*>[^<]*混み合って[^<]*<\/Say><Hangup\/>/)
    await ends(call)
    const ended = await stage.fact(call.callId, 'call.ended')
    expect(ended.data).toMatchObject({ endReason: 'no-capacity', blame: 'us' })
  })
})

describe('a fact that is not one', () => {
  it('is set aside, and those after it are taken', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    const odd = { epoch: 'one', carrierStreamId: 7 }
    await stage.others.publish(
      {
        specversion: '1.0',
        id: newId('evt'),
        type: 'stream.started',
        source: '/media-bridge/1',
        subject: call.callId,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        sequence: 1,
        data: odd,
      },
      { checked: true },
    )
    await startsStream(call, 1)
    await stage.fact(call.callId, 'leg.answered')
  })

  it('or is about a call nobody knows, holds up no other call', async () => {
    const [unknown, call] = [someCall(), someCall()]
    await startsStream(unknown, 1)
    await stage.webhook('/api/twilio/voice', call.params)
    await startsStream(call, 1)
    await stage.fact(call.callId, 'leg.answered')
    // Its row came later than the fact: that is taken all the same.
    await stage.webhook('/api/twilio/voice', unknown.params)
    await stage.fact(unknown.callId, 'leg.answered')
  })
})

describe('what other services ask', () => {
  it('an intent: once, and only for the newest stream of a call that lives', async () => {
    const call = someCall()
    const ask = (epoch: number, key: string, what: 'end' | 'move' = 'end') =>
      stage.others.request(
        intendCall,
        { callId: call.callId, epoch, what, reason: 'assistant-ended' },
        { key },
      )
    expect(await ask(1, newId('evt'))).toMatchObject({ ok: false, code: 'call.not-found' })
    await stage.webhook('/api/twilio/voice', call.params)
    expect(await ask(1, `first-${call.callId}`, 'move')).toMatchObject({ ok: true })
    const moved = await stage.webhook(`${call.path('continue')}?epoch=1`, call.live)
    expect(streamIn(moved.body).claims.epoch).toBe(2)
    expect((await stage.fact(call.callId, 'stream.offered', 2)).data).toMatchObject({ because: 'moved' })
    // A repeat gets the first answer, though it would be refused by now.
    expect(await ask(1, `first-${call.callId}`, 'move')).toMatchObject({ ok: true })
    expect(await ask(1, newId('evt'))).toMatchObject({ ok: false, code: 'call.stale-epoch' })
    await ends(call)
    expect(await ask(2, newId('evt'))).toMatchObject({ ok: false, code: 'call.already-ended' })
  })

  it('to keep a message that was dictated, redacted', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    const body = {
      callId: call.callId,
      text: 'カード番号は4111 1111 1111 1111です。\u0000折り返しは03-1234-5678へ。',
      callerName: '山田',
      callbackNumber: '03-1234-5678',
    }
    const key = `dictated-${call.callId}`
    const first = await stage.others.request(takeMessage, body, { key })
    expect(await stage.others.request(takeMessage, body, { key })).toEqual(first)
    const taken = await stage.fact(call.callId, 'message.taken')
    expect(taken.data.text).toContain('▇▇▇▇')
    expect(taken.data.text).not.toContain('4111')
    expect(taken.data.text).toContain('03-1234-5678')
    const { body: shown } = await stage.get(`/api/v1/calls/${call.callId}`)
    expect(shown.messages).toHaveLength(1)
  })

  it('whose key this is', async () => {
    const ask = (keyHash: string) => stage.others.request(verifyKey, { keyHash })
    expect(await ask(hashKey(stage.apiKey))).toMatchObject({
      ok: true,
      value: { key: { name: 'first key', scope: 'admin', expiresAt: null } },
    })
    expect(await ask(hashKey('tsk_unknown'))).toEqual({ ok: true, value: { key: null } })
  })
})

describe('what is shown of a call', () => {
  it('has timeline, latencies and cost', async () => {
    const call = someCall()
    await stage.webhook('/api/twilio/voice', call.params)
    await startsStream(call, 1)
    await stage.tell('/media-bridge/1', call.callId, 'greeting.started', {
      epoch: 1,
      sinceStartMs: 140,
      modelMs: 90,
    })
    for (const [order, responseMs, ourShareMs] of [
      [1, null, null],
      [3, 400, 20],
      [5, 300, 40],
    ] as const) {
      await stage.tell('/media-bridge/1', call.callId, 'turn.ended', {
        turnId: newId('turn'),
        epoch: 1,
        order,
        by: 'assistant',
        itemId: null,
        startMs: order * 1000,
        endMs: order * 1000 + 900,
        form: 'speech',
        text: 'はい\u0000。',
        heardMs: 900,
        interrupted: false,
        approximate: false,
        responseMs,
        ourShareMs,
      })
    }
    const priced = { usageId: 'resp_1', kind: 'response', callMicroUsd: 700, estimated: true } as const
    await stage.tell('/realtime-session', call.callId, 'usage.priced', { ...priced, microUsd: 900 })
    await stage.tell('/realtime-session', call.callId, 'usage.priced', {
      ...priced,
      microUsd: 700,
      estimated: false,
    })
    await stage.tell('/realtime-session', call.callId, 'usage.priced', {
      usageId: 'carrier',
      kind: 'carrier',
      microUsd: 8500,
      callMicroUsd: 9200,
      estimated: false,
    })
    await endsStream(call, 1, 'stop')
    await ends(call)
    await stage.fact(call.callId, 'call.ended')
    const detail = await stage.until(async () => {
      const { body } = await stage.get(`/api/v1/calls/${call.callId}`)
      return body.cost?.totalMicroUsd === 9200 && body.latencies.turns === 2 ? body : null
    })
    expect(detail).toMatchObject({
      state: 'ended',
      costMicroUsd: 9200,
      latencies: {
        turns: 2,
        responseMsP50: 300,
        responseMsP95: 400,
        ourShareMsP95: 40,
        greetingMs: 140,
      },
      cost: { modelMicroUsd: 700, carrierMicroUsd: 8500, totalMicroUsd: 9200, estimated: false },
    })
    const types = detail.timeline.map(({ type }: { type: string }) => type)
    expect(types).toEqual(
      expect.arrayContaining(['call.started', 'stream.started', 'turn.ended', 'call.ended']),
    )
    const times = detail.timeline.map(({ at }: { at: string }) => at)
    expect(times).toEqual([...times].sort())
  })

  it('is paged, newest first, and filtered', async () => {
    const { body: all } = await stage.get('/api/v1/calls?limit=200')
    const ids = all.items.map(({ id }: { id: string }) => id)
    expect(ids.length).toBeGreaterThan(5)
    const paged: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`
      const { body } = await stage.get(`/api/v1/calls?limit=3${query}`)
      paged.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
    } while (cursor !== null)
    expect(paged).toEqual(ids)
    const { body: over } = await stage.get('/api/v1/calls?state=ended&mode=realtime&direction=inbound')
    expect(over.items.length).toBeGreaterThan(0)
    for (const call of over.items) expect(call).toMatchObject({ state: 'ended', mode: 'realtime' })
    expect((await stage.get('/api/v1/calls?direction=outbound')).body.items).toEqual([])
  })

  it.each([
    ['/api/v1/calls', null, 401, 'auth.missing'],
    ['/api/v1/calls', 'tsk_nobody-has-this-one', 401, 'auth.unknown-key'],
    ['/api/v1/calls/call_1', undefined, 400, 'request.invalid'],
    [`/api/v1/calls/call_${'0'.repeat(32)}`, undefined, 404, 'call.not-found'],
    ['/api/v1/calls?limit=0', undefined, 400, 'request.invalid'],
    ['/api/v1/calls?cursor=abc', undefined, 400, 'request.invalid'],
    ['/api/v1/calls?colour=red', undefined, 400, 'request.invalid'],
  ])('%s with key %s: %i %s', async (path, key, status, code) => {
    const { statusCode, body } = await stage.get(path, key)
    expect(statusCode).toBe(status)
    expect(body).toMatchObject({ code, status })
  })
})
