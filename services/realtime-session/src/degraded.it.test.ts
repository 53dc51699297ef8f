import { readdirSync, readFileSync } from 'node:fs'
import { connect } from '@nats-io/transport-node'
import {
  type AssistantId,
  type CallId,
  type Envelope,
  type FactData,
  newId,
  openSession,
  planSession,
  runTool,
} from '@toritsugi/contracts'
import { openDatabase } from '@toritsugi/db'
import { useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { lockCall } from './call-repository.ts'
import { endedTurn, openStage } from './stage.ts'

const nats = await useNats()
const stage = await openStage({ REALTIME_ENABLED: 'no', OPENAI_REALTIME_MODEL: 'gpt-realtime' }, nats)
const { bus, heard, say } = stage
const db = openDatabase({ url: stage.url, schema: 'realtime_session' })
const raw = await connect({ servers: nats.url })
afterAll(async () => {
  await raw.close()
  await db.close()
})

const plan = (callId: CallId, assistantId: AssistantId | null = null) =>
  bus.request(planSession, {
    callId,
    direction: 'outbound',
    from: '+81312345678',
    to: '+81398765432',
    assistantId,
  })
const started = (over: Partial<FactData<'call.started'>> = {}): FactData<'call.started'> => ({
  direction: 'outbound',
  from: null,
  to: '+81••••••••78',
  carrierCallId: `CA${'0'.repeat(32)}`,
  contactId: null,
  assistantId: null,
  language: 'ja-JP',
  mode: 'realtime',
  modeReason: 'realtime.available',
  degraded: true,
  startedAt: '2026-11-21T09:00:00.000Z',
  ...over,
})

describe('with the kill switch thrown', () => {
  it('a call gets an apology in its language and no voice', async () => {
    const callId = newId('call')
    const reply = await plan(callId)
    expect(reply).toMatchObject({
      ok: true,
      value: { mode: 'message', modeReason: 'kill-switch', plan: null },
    })
    expect(reply.ok && reply.value.apology).toMatch(/発信音/)
    expect(await bus.request(openSession, { callId, epoch: 1 })).toMatchObject({
      ok: false,
      code: 'model.refused',
    })
  })

  it('the start warns of a model that ends soon', () => {
    expect(stage.lines.some((line) => /"warn".*gpt-realtime ends on 2027-01-20/.test(line))).toBe(true)
  })
})

describe('a call planned while this service was away', () => {
  it('is known by its start, and what it used counts', async () => {
    const callId = newId('call')
    await say(callId, 'call.started', started())
    await say(callId, 'usage.recorded', {
      usageId: 'r1',
      epoch: null,
      kind: 'response',
      model: 'gpt-realtime',
      tokens: {
        textIn: 1,
        textInCached: 0,
        audioIn: 0,
        audioInCached: 0,
        imageIn: 0,
        imageInCached: 0,
        textOut: 0,
        audioOut: 0,
      },
      seconds: null,
    })
    await heard.next((fact) => fact.type === 'usage.priced' && fact.subject === callId)
    const known = await db.inTransaction((tx) => lockCall(tx, callId))
    expect(known).toMatchObject({ direction: 'outbound', planned: null, endedAt: null })
  })

  it('is answered by the default assistant when its own is not known', async () => {
    const callId = newId('call')
    const unknown = newId('asst')
    const reply = await plan(callId, unknown)
    expect(reply.ok && reply.value.assistantId).not.toBe(unknown)
    expect(stage.lines.some((line) => line.includes('assistant not known'))).toBe(true)
  })
})

describe('malformed messages', () => {
  it('are refused or set aside, and what comes after them is taken', async () => {
    const callId = newId('call')
    const fact = {
      specversion: '1.0',
      id: newId('evt'),
      type: 'turn.ended',
      source: '/media-bridge/1',
      subject: callId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      sequence: 1,
      data: endedTurn(1, 'caller', 'x'),
    }
    for (const bytes of [
      'not json',
      '{}',
      '[]',
      new Uint8Array([0xc3, 0x28]),
      JSON.stringify({ ...fact, subject: 'call_1' }),
      JSON.stringify({ ...fact, data: { ...fact.data, order: -1 } }),
      JSON.stringify({ ...fact, data: { ...fact.data, extra: true } }),
      JSON.stringify({ ...fact, type: 'turn.invented' }),
      JSON.stringify({ ...fact, sequence: 0 }),
    ]) {
      raw.publish(`calls.v1.${callId}.turn`, bytes)
      raw.publish(`calls.v1.${callId}.usage`, bytes)
      raw.publish('cmd.v1.session.plan', bytes)
    }
    await raw.flush()
    await say(callId, 'turn.ended', endedTurn(2, 'caller', 'after all that'))
    const known = await bus.lastStored(callId, ['turn'])
    expect(known).toHaveLength(1)
    expect(await plan(newId('call'))).toMatchObject({ ok: true })
    await expect
      .poll(() => db.client.dialogueTurn.findMany({ where: { callId } }), { timeout: 10_000 })
      .toMatchObject([{ text: 'after all that' }])
  })

  it('get an answer when they are requests', async () => {
    const ask = async (subject: string, body: string) =>
      (await raw.request(subject, body, { timeout: 5000 })).json<{ ok: boolean; code: string }>()
    for (const verb of ['plan', 'open', 'run-tool']) {
      for (const body of ['', 'x', '{}', '{"key":"k","body":{}}', '{"key":"","body":null}']) {
        expect(await ask(`cmd.v1.session.${verb}`, body)).toMatchObject({ ok: false, code: 'bus.malformed' })
      }
    }
    expect(
      await bus.request(runTool, {
        callId: newId('call'),
        epoch: 1,
        toolCallId: 't',
        name: 'x',
        arguments: '{',
      }),
    ).toMatchObject({ ok: true, value: { outcome: 'refused' } })
  })
})

describe('the facts as their owners write them', () => {
  it('are all taken: those that concern this service, and those that do not', async () => {
    const folder = new URL('../../../packages/contracts/fixtures/facts/', import.meta.url)
    const facts = readdirSync(folder).map(
      (file): Envelope => JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
    )
    const callId = facts[0]?.subject ?? expect.unreachable()
    for (const fact of facts) await bus.publish(fact)
    const ids = facts.filter(({ type }) => /^(turn|tool)\./.test(type)).map(({ id }) => id)
    await expect
      .poll(() => db.client.realtimeSessionInbox.count({ where: { messageId: { in: ids } } }), {
        timeout: 10_000,
      })
      .toBe(ids.length)
    await expect
      .poll(() => db.client.usageEntry.count({ where: { callId } }), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(2)
    expect(stage.lines.filter((line) => line.includes('cannot be handled'))).toEqual([])
    expect(await db.client.dialogueTool.count({ where: { callId } })).toBe(1)
  })
})
