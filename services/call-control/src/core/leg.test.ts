import type { LegId } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { type Leg, type LegEvent, stepLeg } from './leg.ts'

const id = `leg_${'2c'.repeat(16)}` as LegId
const at = (s: number) => new Date(Date.parse('2026-11-21T05:00:00.000Z') + s * 1000).toISOString()
const rang: LegEvent = { type: 'leg.rang' }
const answered = (s: number): LegEvent => ({ type: 'leg.answered', at: at(s) })
const over = (s: number, talkedMs: number | null = null): LegEvent => ({
  type: 'leg.over',
  at: at(s),
  endReason: 'caller-hung-up',
  blame: 'nobody',
  talkedMs,
})

it.each<[string, LegEvent[], object, string[]]>([
  ['rings', [rang], { is: 'ringing' }, []],
  ['answers', [rang, answered(1)], { is: 'answered', answeredAt: at(1) }, ['leg.answered']],
  ['answers without ringing', [answered(1)], { is: 'answered', answeredAt: at(1) }, ['leg.answered']],
  ['rings after the answer', [answered(1), rang], { is: 'answered' }, []],
  ['answers twice', [answered(1), answered(2)], { is: 'answered', answeredAt: at(1) }, []],
  ['ends', [answered(1), over(9)], { is: 'ended', answeredAt: at(1), endedAt: at(9) }, ['leg.ended']],
  ['ends unanswered', [rang, over(9)], { is: 'ended', answeredAt: null }, ['leg.ended']],
  ['ends, the answer unnoticed', [over(9, 8000)], { is: 'ended', answeredAt: at(1) }, ['leg.ended']],
  ['ends, and the carrier counted nothing', [over(9, 0)], { is: 'ended', answeredAt: null }, ['leg.ended']],
  ['ends twice', [over(9), over(10)], { is: 'ended', endedAt: at(9) }, []],
  ['answers after the end', [over(9), answered(10)], { is: 'ended', answeredAt: null }, []],
])('%s', (_, events, state, told) => {
  let leg: Leg = { id, party: 'caller', is: 'dialing' }
  let commands: readonly { type: string }[] = []
  for (const event of events) ({ state: leg, commands } = stepLeg(leg, event))
  expect(leg).toMatchObject({ id, party: 'caller', ...state })
  expect(commands.map(({ type }) => type)).toEqual(told)
})
