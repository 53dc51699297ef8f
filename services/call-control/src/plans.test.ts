import { type CallId, newId, type PlanReply } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { planReply } from './plan-fixture.ts'
import { createPlans, type PlanQuestion } from './plans.ts'

function scene(more: { table?: Map<string, PlanReply>; saveFails?: boolean } = {}) {
  const { table = new Map<string, PlanReply>() } = more
  const state = { answer: planReply as PlanReply | null, saves: 0, clock: 0, warnings: [] as string[] }
  const plans = createPlans({
    async ask({ callId }) {
      const { answer } = state
      if (answer === null) return null
      return { ...answer, plan: answer.plan && { ...answer.plan, callId } }
    },
    find: async (number) => table.get(number) ?? null,
    async save(number, plan) {
      state.saves += 1
      if (more.saveFails) throw new Error('the table is away')
      table.set(number, plan)
    },
    warn: (_fields, message) => state.warnings.push(message),
    defaultLanguage: 'ja-JP',
    clock: () => state.clock,
  })
  return { plans, state, table }
}

const question = (to = '+815012345600'): PlanQuestion => ({
  callId: newId('call'),
  direction: 'inbound',
  from: null,
  to,
  assistantId: null,
})

it('gives the plan it is given', async () => {
  const { plans } = scene()
  expect(await plans.planFor(question())).toEqual({
    planned: {
      mode: 'realtime',
      modeReason: planReply.modeReason,
      assistantId: planReply.assistantId,
      language: 'ja-JP',
      apology: planReply.apology,
    },
    degraded: false,
  })
})

it('falls back on the last plan of the number, and only of that number', async () => {
  const { plans, state } = scene()
  await plans.planFor(question())
  state.answer = null
  const asked = question()
  expect(await plans.planFor(asked)).toMatchObject({
    planned: { mode: 'realtime', modeReason: 'last-known-plan' },
    degraded: true,
  })
  expect((await plans.openReply(asked.callId, null))?.plan.callId).toBe(asked.callId)
  expect(await plans.planFor(question('+815099999999'))).toEqual({
    planned: { mode: 'message', modeReason: 'no-plan', assistantId: null, language: 'ja-JP', apology: '' },
    degraded: true,
  })
})

it('finds it in the table after a restart', async () => {
  const first = scene()
  await first.plans.planFor(question())
  const { plans, state } = scene({ table: first.table })
  state.answer = null
  expect(await plans.planFor(question())).toMatchObject({ planned: { mode: 'realtime' }, degraded: true })
})

it('outlives a table that is away', async () => {
  const { plans, state } = scene({ saveFails: true })
  expect(await plans.planFor(question())).toMatchObject({ degraded: false })
  await Promise.resolve()
  expect(state.warnings).toEqual(['plan cannot be kept'])
})

it('writes a plan down when it changed, or after a while, not for each call', async () => {
  const { plans, state } = scene()
  await plans.planFor(question())
  await plans.planFor(question())
  expect(state.saves).toBe(1)
  state.answer = { ...planReply, assistantVersion: 2 }
  await plans.planFor(question())
  expect(state.saves).toBe(2)
  state.clock = 601_000
  await plans.planFor(question())
  expect(state.saves).toBe(3)
})

it('keeps no plan of a call that is not talked', async () => {
  const { plans, state } = scene()
  state.answer = { ...planReply, mode: 'message', plan: null }
  const asked = question()
  expect(await plans.planFor(asked)).toMatchObject({ planned: { mode: 'message' }, degraded: false })
  expect(state.saves).toBe(0)
  expect(await plans.openReply(asked.callId, asked.to)).toBeNull()
})

it('knows the language of a number it has planned for', async () => {
  const { plans, state } = scene()
  expect(plans.languageOf('+815012345600')).toBe('ja-JP')
  state.answer = { ...planReply, language: 'en-US' }
  await plans.planFor(question())
  expect(plans.languageOf('+815012345600')).toBe('en-US')
})

it('does not grow without end', async () => {
  const { plans } = scene()
  const ids: CallId[] = []
  for (let i = 0; i < 5100; i++) {
    const asked = question(`+8150${String(10_000_000 + (i % 1100))}`)
    ids.push(asked.callId)
    await plans.planFor(asked)
  }
  expect(await plans.openReply(ids[0] as CallId, null)).toBeNull()
  expect(await plans.openReply(ids.at(-1) as CallId, null)).not.toBeNull()
})
