import { type CallId, newId, openSession, planSession, runTool, takeMessage } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { endedTurn, openStage, operatorKey, turnId, viewerKey } from './stage.ts'

const stage = await openStage({ COMPANY_NAME: '山田商事' })
const { bus, app, heard, say } = stage

const plan = async (callId: CallId) => {
  const reply = await bus.request(planSession, {
    callId,
    direction: 'inbound',
    from: '+81312345678',
    to: '+81398765432',
    assistantId: null,
  })
  return reply.ok ? reply.value : expect.fail(reply.message)
}
const open = (callId: CallId, epoch: number) => bus.request(openSession, { callId, epoch })
const use = (callId: CallId, toolCallId: string, name: string, given: object | string, epoch = 1) =>
  bus.request(runTool, {
    callId,
    epoch,
    toolCallId,
    name,
    arguments: typeof given === 'string' ? given : JSON.stringify(given),
  })
const factsOf = (callId: CallId, type: string) =>
  heard.facts.filter((fact) => fact.subject === callId && fact.type === type)
const priced = async (callId: CallId, usageId: string, estimated: boolean) =>
  (
    await heard.next(
      ({ type, subject, data }) =>
        type === 'usage.priced' &&
        subject === callId &&
        data.usageId === usageId &&
        data.estimated === estimated,
    )
  ).data

describe('one call', () => {
  it('is planned once, whoever asks and however often, and its mode is told once', async () => {
    const callId = newId('call')
    const replies = await Promise.all([plan(callId), plan(callId), plan(callId)])
    expect(replies[0]).toMatchObject({
      mode: 'realtime',
      modeReason: 'realtime.available',
      assistantVersion: 1,
      language: 'ja-JP',
      plan: { callId, model: 'gpt-realtime-2.1', voice: 'marin' },
    })
    expect(replies[0]?.plan?.greeting).toContain('山田商事')
    expect(replies[0]?.plan?.tools.map((tool) => tool.name)).toEqual(['end-call', 'take-message'])
    expect(replies[1]).toEqual(replies[0])
    expect(replies[2]).toEqual(replies[0])
    await heard.next((fact) => fact.subject === callId && fact.type === 'mode.decided')
    await plan(callId)
    // A fact about another call comes after whatever the repeat might have said.
    const later = newId('call')
    await plan(later)
    await heard.next((fact) => fact.subject === later)
    expect(factsOf(callId, 'mode.decided')).toMatchObject([
      { source: '/realtime-session', sequence: 1, data: { mode: 'realtime', model: 'gpt-realtime-2.1' } },
    ])
  })

  it('is opened with its plan, used, lost, and opened again with what was said', async () => {
    const callId = newId('call')
    const planned = await plan(callId)
    expect(await open(callId, 1)).toEqual({ ok: true, value: { plan: planned.plan, dialogue: [] } })

    await say(callId, 'turn.ended', endedTurn(1, 'assistant', 'はい、山田商事です。'))
    await say(callId, 'turn.started', {
      turnId: turnId(2),
      epoch: 1,
      order: 2,
      by: 'caller',
      itemId: 'item_2',
      startMs: 2000,
    })
    await say(callId, 'turn.ended', endedTurn(2, 'caller', null))
    await say(callId, 'tool.called', { toolCallId: 'c1', epoch: 1, name: 'look-up', arguments: '{"q":1}' })
    await say(callId, 'tool.answered', {
      toolCallId: 'c1',
      epoch: 1,
      name: 'look-up',
      outcome: 'done',
      output: '{"a":2}',
      ms: 10,
    })
    await say(callId, 'turn.ended', endedTurn(3, 'assistant', '十二時までで'))
    await say(callId, 'turn.transcribed', { turnId: turnId(2), epoch: 1, text: '何時までですか' })

    const again = await open(callId, 2)
    expect(again.ok && again.value.dialogue).toEqual([
      { kind: 'assistant', text: 'はい、山田商事です。' },
      { kind: 'caller', text: '何時までですか' },
      { kind: 'tool-call', toolCallId: 'c1', name: 'look-up', arguments: '{"q":1}' },
      { kind: 'tool-result', toolCallId: 'c1', output: '{"a":2}' },
      { kind: 'assistant', text: '十二時までで' },
      { kind: 'note', text: expect.stringContaining('回線') },
    ])
    // The pod of the first stream is out of date.
    expect(await open(callId, 1)).toMatchObject({ ok: false, code: 'call.stale-epoch' })
    expect(await use(callId, 'late', 'end-call', {})).toMatchObject({ ok: false, code: 'call.stale-epoch' })
    expect(await open(callId, 2)).toMatchObject({ ok: true })
  })

  it('is over when the assistant ends it, and cannot be opened after its end', async () => {
    const callId = newId('call')
    await plan(callId)
    const reply = await use(callId, 'e1', 'end-call', { farewell: 'それでは失礼いたします。' })
    expect(reply).toEqual({
      ok: true,
      value: {
        outcome: 'done',
        output: '{"ok":true}',
        next: { what: 'end-call', farewell: 'それでは失礼いたします。' },
      },
    })
    // The repeat has other arguments, and gets the first answer.
    expect(await use(callId, 'e1', 'end-call', { farewell: 'x' })).toEqual(reply)
    await say(callId, 'call.ended', {
      endReason: 'assistant-ended',
      blame: 'nobody',
      answeredAt: '2026-11-21T09:00:00.000Z',
      endedAt: '2026-11-21T09:01:01.000Z',
      durationMs: 61_000,
      streams: 1,
    })
    expect(await priced(callId, 'carrier', false)).toMatchObject({
      kind: 'carrier',
      microUsd: 25_000,
      callMicroUsd: 25_000,
    })
    expect(await open(callId, 2)).toMatchObject({ ok: false, code: 'call.already-ended' })
  })

  it('may have been planned elsewhere: it is opened all the same, by what its start told', async () => {
    const callId = newId('call')
    expect(await open(callId, 1)).toMatchObject({ ok: true, value: { plan: { callId, language: 'ja-JP' } } })
  })
})

describe('tools', () => {
  it('refuse arguments that do not fit, and names that are not known, in words for the model', async () => {
    const callId = newId('call')
    await plan(callId)
    for (const [id, name, given, error] of [
      ['a1', 'take-message', {}, /required property 'text'/],
      ['a2', 'take-message', { text: 7 }, /text must be string/],
      ['a3', 'take-message', 'not json', /not JSON/],
      ['a4', 'take-message', '[1]', /object/],
      ['a5', 'end-call', { unknown: 1 }, /additional properties/],
      ['a6', 'wire-money', {}, /no such tool/],
    ] as const) {
      const reply = await use(callId, id, name, given)
      if (!reply.ok) expect.fail(reply.message)
      expect(reply.value).toMatchObject({ outcome: 'refused', next: { what: 'talk-on' } })
      expect(JSON.parse(reply.value.output).error).toMatch(error)
    }
  })

  it('keep a message once, without card numbers, and say so when it cannot be kept', async () => {
    const callId = newId('call')
    await plan(callId)
    const unkept = await use(callId, 'm0', 'take-message', { text: 'nobody answers' })
    expect(unkept).toMatchObject({ ok: true, value: { outcome: 'failed' } })

    const kept: unknown[] = []
    const answering = bus.answer(takeMessage, async (body, meta) => {
      kept.push([meta.key, body])
      return { ok: true, value: { messageId: newId('msg') } }
    })
    const message = {
      text: 'カードは4111 1111 1111 1111です',
      callerName: '佐藤',
      callbackNumber: '03-1234-5678',
    }
    const replies = await Promise.all([
      use(callId, 'm1', 'take-message', message),
      use(callId, 'm1', 'take-message', message),
    ])
    expect(replies[0]).toMatchObject({ ok: true, value: { outcome: 'done' } })
    expect(replies[1]).toEqual(replies[0])
    await answering.stop()
    expect(kept).toEqual([
      [
        `${callId}:m1`,
        {
          callId,
          text: expect.not.stringContaining('4111'),
          callerName: '佐藤',
          callbackNumber: '03-1234-5678',
        },
      ],
    ])
  })
})

describe('the ledger', () => {
  const none = {
    textIn: 0,
    textInCached: 0,
    audioIn: 0,
    audioInCached: 0,
    imageIn: 0,
    imageInCached: 0,
    textOut: 0,
    audioOut: 0,
  }
  const usage = (usageId: string, audioOut: number) => ({
    usageId,
    epoch: 1,
    kind: 'response' as const,
    model: 'gpt-realtime-2.1',
    tokens: { ...none, audioOut },
    seconds: null,
  })

  it('has each usage once, and figures instead of an estimate', async () => {
    const callId = newId('call')
    await plan(callId)
    await say(callId, 'usage.estimated', { ...usage('r1', 200), because: 'the line was lost' })
    expect(await priced(callId, 'r1', true)).toMatchObject({ microUsd: 12_800, callMicroUsd: 12_800 })
    const recorded = await say(callId, 'usage.recorded', usage('r1', 100))
    expect(await priced(callId, 'r1', false)).toMatchObject({ microUsd: 6400, callMicroUsd: 6400 })
    // The same fact again, the same usage in another fact, and a late estimate: nothing of it counts.
    await bus.publish(recorded)
    await say(callId, 'usage.recorded', usage('r1', 100))
    await say(callId, 'usage.estimated', { ...usage('r1', 999), because: 'late' })
    await say(callId, 'usage.recorded', usage('r2', 10))
    expect(await priced(callId, 'r2', false)).toMatchObject({ microUsd: 640, callMicroUsd: 7040 })
    expect(factsOf(callId, 'usage.priced')).toHaveLength(3)
  })

  it('counts what calls used that nobody asked a plan for, and what older streams used', async () => {
    const callId = newId('call')
    await open(callId, 2)
    await say(callId, 'usage.recorded', usage('old', 1))
    expect(await priced(callId, 'old', false)).toMatchObject({ microUsd: 64 })
    const stray = newId('call')
    await say(stray, 'usage.recorded', usage('r', 2))
    expect(await priced(stray, 'r', false)).toMatchObject({ microUsd: 128 })
  })
})

describe('bad input on the bus', () => {
  it('is answered or dropped, and the next call is served', async () => {
    const callId = newId('call')
    // A source that speaks for another epoch than its data.
    await say(callId, 'turn.ended', endedTurn(1, 'caller', 'forged', 1), { source: '/media-bridge/9' })
    await say(callId, 'turn.ended', endedTurn(2, 'caller', 'true', 1))
    const reply = await open(callId, 2)
    expect(reply.ok && reply.value.dialogue.filter((item) => item.kind === 'caller')).toEqual([
      { kind: 'caller', text: 'true' },
    ])
    expect(stage.lines.some((line) => line.includes('fact of another epoch refused'))).toBe(true)
  })
})

describe('the API', () => {
  const ask = (method: 'GET' | 'PUT', path: string, key: string | null, payload?: object) =>
    app.inject({
      method,
      url: `/api/v1/assistants${path}`,
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      ...(payload === undefined ? {} : { payload }),
    })

  it('shows assistants to those with a key', async () => {
    expect((await ask('GET', '', null)).json()).toMatchObject({ status: 401, code: 'auth.missing' })
    expect((await ask('GET', '', 'tk_nobody_123456')).json()).toMatchObject({ code: 'auth.unknown-key' })
    const list = await ask('GET', '', viewerKey)
    expect(list.statusCode).toBe(200)
    const [assistant] = list.json().items
    expect(assistant).toMatchObject({ version: 1, content: { settings: { companyName: '山田商事' } } })
    expect((await ask('GET', `/${assistant.id}`, viewerKey)).json()).toEqual(assistant)
    expect((await ask('GET', `/asst_${'f'.repeat(32)}`, viewerKey)).json()).toMatchObject({
      code: 'assistant.not-found',
    })
    expect((await ask('GET', '/banana', viewerKey)).json()).toMatchObject({ code: 'request.invalid' })
  })

  it('revises: calls planned from now on get the new version, the ones before keep theirs', async () => {
    const before = newId('call')
    await plan(before)
    const [assistant] = (await ask('GET', '', viewerKey)).json().items
    const content = { ...assistant.content, settings: { ...assistant.content.settings, language: 'en-US' } }
    expect((await ask('PUT', `/${assistant.id}`, viewerKey, content)).json()).toMatchObject({ status: 403 })
    const revised = await ask('PUT', `/${assistant.id}`, operatorKey, content)
    expect(revised.json()).toMatchObject({ id: assistant.id, version: assistant.version + 1 })
    expect(await plan(newId('call'))).toMatchObject({
      language: 'en-US',
      assistantVersion: assistant.version + 1,
    })
    expect(await plan(before)).toMatchObject({ language: 'ja-JP', assistantVersion: assistant.version })
  })

  it('refuses tools that could not be used', async () => {
    const [assistant] = (await ask('GET', '', viewerKey)).json().items
    const tool = {
      name: 'look-up',
      description: 'Looks up',
      parameters: { type: 'object' },
      url: 'https://example.com/x',
    }
    const put = (...http: object[]) =>
      ask('PUT', `/${assistant.id}`, operatorKey, {
        ...assistant.content,
        tools: { endCall: true, takeMessage: true, http },
      })
    for (const [http, detail] of [
      [[{ ...tool, name: 'end-call' }], /tools\.http\.0\.name/],
      [[tool, tool], /tools\.http\.1\.name/],
      [[{ ...tool, parameters: { type: 'array' } }], /must describe an object/],
      [[{ ...tool, parameters: { type: 'object', properties: { a: { type: 'wat' } } } }], /parameters/],
      [[{ ...tool, parameters: { type: 'object', $ref: 'https://example.com/s.json' } }], /parameters/],
      [[{ ...tool, url: 'https://u:p@example.com' }], /tools\.http\.0\.url/],
      [[{ ...tool, headers: { host: 'a' } }], /headers\.host/],
      [[{ ...tool, headers: { 'x-a': 'a\r\nb: c' } }], /headers\.x-a/],
    ] as const) {
      const answer = await put(...http)
      expect(answer.statusCode, answer.body).toBe(400)
      expect(answer.json()).toMatchObject({ code: 'request.invalid', detail: expect.stringMatching(detail) })
    }
    expect((await put({ ...tool, url: 'file:///etc/passwd' })).statusCode).toBe(400)
    expect((await put(tool)).statusCode).toBe(200)
  })
})

describe('characters that a database cannot store', () => {
  const odd = 'a\u0000b\uD83Dc'
  it('hold up neither words nor tools nor money', async () => {
    const callId = newId('call')
    await plan(callId)
    await say(callId, 'turn.ended', endedTurn(1, 'caller', odd))
    await say(callId, 'tool.called', { toolCallId: odd, epoch: 1, name: odd, arguments: odd })
    expect(await use(callId, odd, odd, odd)).toMatchObject({ ok: true, value: { outcome: 'refused' } })
    expect(await use(callId, odd, 'end-call', { farewell: odd })).toMatchObject({ ok: true })
    const reply = await open(callId, 2)
    expect(reply.ok && reply.value.dialogue.slice(0, 2)).toMatchObject([
      { kind: 'caller', text: 'a\uFFFDb\uFFFDc' },
      { kind: 'tool-call', name: 'a\uFFFDb\uFFFDc' },
    ])
    const [assistant] = (
      await app.inject({ url: '/api/v1/assistants', headers: { authorization: `Bearer ${viewerKey}` } })
    ).json().items
    const answer = await app.inject({
      method: 'PUT',
      url: `/api/v1/assistants/${assistant.id}`,
      headers: { authorization: `Bearer ${operatorKey}` },
      payload: { ...assistant.content, extraInstructions: odd },
    })
    expect(answer.statusCode).toBe(200)
    expect(await plan(newId('call'))).toMatchObject({ mode: 'realtime' })
  })
})
