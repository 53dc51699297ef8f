import { describe, expect, it } from 'vitest'
import { decideMode, type ModeInputs } from './mode.ts'
import { standingOf } from './models.ts'

const inputs = (over: Partial<ModeInputs> = {}, at = '2026-11-21T00:00:00.000Z'): ModeInputs => {
  const model = over.model ?? 'gpt-realtime-2.1'
  return { realtimeEnabled: true, model, standing: standingOf(model, 'speech', at), ...over }
}

describe('the mode of a call', () => {
  const rows: [string, ModeInputs, string, string][] = [
    ['a live model', inputs(), 'realtime', 'realtime.available'],
    ['the kill switch', inputs({ realtimeEnabled: false }), 'message', 'kill-switch'],
    ['no model at all', inputs({ model: '' }), 'message', 'no-model'],
    [
      'the kill switch wins over everything',
      inputs({ realtimeEnabled: false, model: '' }),
      'message',
      'kill-switch',
    ],
    ['a model of another host', inputs({ model: 'my-deployment' }), 'realtime', 'realtime.model-not-known'],
    ['a model that ends soon', inputs({ model: 'gpt-realtime' }), 'realtime', 'realtime.available'],
    [
      'a model that has ended',
      inputs({ model: 'gpt-realtime' }, '2027-03-01T00:00:00.000Z'),
      'realtime',
      'realtime.successor-used',
    ],
  ]
  it.each(rows)('%s', (_story, given, mode, reason) => {
    expect(decideMode(given)).toEqual({ mode, reason })
  })
})
