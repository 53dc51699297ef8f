import { describe, expect, it } from 'vitest'
import { chooseModel, knownModels, modelWarning, standingOf } from './models.ts'

describe('the table of models', () => {
  const days: [string, 'speech' | 'transcription', string, string][] = [
    ['gpt-realtime-2.1', 'speech', '2030-01-01T00:00:00.000Z', 'live'],
    ['gpt-realtime', 'speech', '2026-10-01T00:00:00.000Z', 'live'],
    ['gpt-realtime', 'speech', '2026-10-22T00:00:00.000Z', 'ending'],
    ['gpt-realtime', 'speech', '2027-01-19T23:59:59.999Z', 'ending'],
    ['gpt-realtime', 'speech', '2027-01-20T00:00:00.000Z', 'ended'],
    ['gpt-4o-mini-transcribe', 'transcription', '2027-02-26T00:00:00.000Z', 'ended'],
    ['gpt-4o-mini-transcribe', 'speech', '2026-01-01T00:00:00.000Z', 'unknown'],
    ['my-azure-deployment', 'speech', '2026-01-01T00:00:00.000Z', 'unknown'],
  ]
  it.each(days)('%s as a %s model on %s: %s', (name, use, at, is) => {
    expect(standingOf(name, use, at).is).toBe(is)
  })

  it('names successors that it knows, and that do not end themselves', () => {
    for (const model of knownModels.filter((m) => m.ends !== null)) {
      const successor = knownModels.find((m) => m.name === model.ends?.successor)
      expect(successor?.use, model.name).toBe(model.use)
      expect(successor?.ends, model.name).toBeNull()
    }
  })

  it('uses the successor from the day the wanted one ends', () => {
    expect(chooseModel('gpt-realtime', 'speech', '2027-01-19T12:00:00.000Z')).toEqual({
      name: 'gpt-realtime',
      accepts: { reasoning: false, parallelToolCalls: false },
      insteadOf: null,
    })
    expect(chooseModel('gpt-realtime', 'speech', '2027-01-20T12:00:00.000Z')).toEqual({
      name: 'gpt-realtime-2.1',
      accepts: { reasoning: true, parallelToolCalls: true },
      insteadOf: 'gpt-realtime',
    })
  })

  it('tells an unknown model nothing that it might refuse', () => {
    expect(chooseModel('my-deployment', 'speech', '2026-11-21T00:00:00.000Z').accepts).toEqual({
      reasoning: false,
      parallelToolCalls: false,
    })
  })

  it('warns of models that end within 90 days, have ended, or are not known', () => {
    const at = '2026-11-21T00:00:00.000Z'
    expect(modelWarning('gpt-realtime-2.1', 'speech', at)).toBeNull()
    expect(modelWarning('gpt-realtime', 'speech', at)).toMatch(/in 60 days.*gpt-realtime-2\.1/)
    expect(modelWarning('gpt-4o-mini-transcribe', 'transcription', at)).toBeNull()
    expect(modelWarning('gpt-4o-mini-transcribe', 'transcription', '2026-12-01T00:00:00.000Z')).toMatch(
      /2027-02-26/,
    )
    expect(modelWarning('gpt-4o-realtime-preview', 'speech', at)).toMatch(/not served since 2026-05-07/)
    expect(modelWarning('mine', 'speech', at)).toMatch(/not in the table/)
  })
})
