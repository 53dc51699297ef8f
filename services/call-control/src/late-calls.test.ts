import { Fault } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import type { Arrival } from './arrival.ts'
import { inboundCallId } from './call-id.ts'
import type { DocumentAsked } from './document-answers.ts'
import { callDocuments } from './documents.ts'
import { createLateCalls, type LateCall } from './late-calls.ts'
import { streamTokens } from './stream-token.ts'

const at = '2026-11-21T05:00:00.000Z'
const arrivalOf = (n: number): Arrival => {
  const carrierCallId = `CA${n.toString(16).padStart(32, '0')}`
  return {
    callId: inboundCallId(carrierCallId),
    carrierCallId,
    direction: 'inbound',
    from: '+819012345678',
    to: '+815012345600',
    startedAt: at,
  }
}
const asks = (arrival: Arrival, epoch: number): DocumentAsked => ({
  arrival,
  epoch,
  carrierStatus: epoch === 0 ? 'ringing' : 'in-progress',
  at,
  requestToken: null,
})

function scene() {
  const state = {
    written: [] as LateCall[],
    fault: null as Error | null,
    errors: [] as string[],
    promised: 0,
  }
  const tokens = streamTokens('a secret of thirty-two characters')
  const late = createLateCalls({
    plans: {
      planFor: async () => ({
        planned: {
          mode: 'realtime',
          modeReason: 'last-known-plan',
          assistantId: null,
          language: 'ja-JP',
          apology: '',
        },
        degraded: true,
      }),
      languageOf: () => 'ja-JP',
      openReply: async () => null,
    },
    pods: {
      hasRoom: () => true,
      promise: () => {
        state.promised += 1
      },
    },
    tokens,
    documents: callDocuments({ publicUrl: 'https://calls.example.com', messageMaxSeconds: 60 }),
    async write(call) {
      if (state.fault) throw state.fault
      state.written.push(call)
    },
    warn: (_fields, message) => state.errors.push(message),
    error: (_fields, message) => state.errors.push(message),
  })
  return { late, state, tokens }
}

it('steps a call in memory and writes down what was given, not what was asked', async () => {
  const { late, state, tokens } = scene()
  const arrival = arrivalOf(1)
  const first = await late.answer(asks(arrival, 0), 'document:0')
  expect(await late.answer(asks(arrival, 0), 'document:0')).toBe(first)
  const second = await late.answer(asks(arrival, 1), 'document:1')
  const token = /value="([^"]+)"/.exec(second)?.[1] ?? ''
  expect(await tokens.readOpened(token)).toMatchObject({
    callId: arrival.callId,
    epoch: 2,
    degraded: { from: arrival.from, to: arrival.to, startedAt: at },
  })
  expect(`token${token}`.length).toBeLessThan(500)
  expect(late.isWaiting(arrival.callId)).toBe(true)
  await late.flush()
  expect(late.isWaiting(arrival.callId)).toBe(false)
  expect(state.written).toHaveLength(1)
  expect(state.written[0]?.events.map(({ type }) => type)).toEqual([
    'call.planned',
    'document.given',
    'document.given',
  ])
  expect([...(state.written[0]?.answers.keys() ?? [])]).toEqual(['document:0', 'document:1'])
})

it('waits for the database, and loses nothing that happens meanwhile', async () => {
  const { late, state } = scene()
  const arrival = arrivalOf(1)
  await late.answer(asks(arrival, 0), 'document:0')
  state.fault = new Fault('database.unavailable')
  await late.flush()
  expect(
    late.noteWaiting(arrival.callId, { type: 'carrier.said', at, status: 'completed', talkedMs: 1000 }),
  ).toBe(true)
  state.fault = null
  await late.flush()
  expect(state.written[0]?.events.map(({ type }) => type)).toEqual([
    'call.planned',
    'document.given',
    'carrier.said',
  ])
  expect(late.noteWaiting(arrival.callId, { type: 'call.degraded' })).toBe(false)
})

it('gives one call up that cannot be written, not the others', async () => {
  const { late, state } = scene()
  late.note(arrivalOf(1), { type: 'call.degraded' })
  state.fault = new Error('no such column')
  for (let i = 0; i < 5; i++) await late.flush()
  expect(late.waiting).toBe(0)
  expect(state.errors).toHaveLength(5)
})

it('takes a call over of which only a token tells', async () => {
  const { late, state } = scene()
  await late.adopt(arrivalOf(1), 3, at)
  await late.flush()
  expect(state.written[0]?.events).toMatchObject([
    { type: 'call.planned', degraded: true },
    { type: 'document.given', epoch: 3, next: { give: 'stream', because: 'stream-lost' } },
  ])
})

it('has bounds, beyond which calls are still answered', async () => {
  const { late } = scene()
  for (let n = 0; n < 1000; n++) expect(late.note(arrivalOf(n), { type: 'call.degraded' })).toBe(true)
  expect(late.note(arrivalOf(2000), { type: 'call.degraded' })).toBe(false)
  expect(await late.answer(asks(arrivalOf(2000), 0), 'key')).toContain('<Stream ')
  expect(late.waiting).toBe(1000)
})
