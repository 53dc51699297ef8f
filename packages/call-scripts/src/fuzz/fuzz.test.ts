import { describe, expect, it } from 'vitest'
import { codecKind } from './codec-kind.ts'
import { growthOf, tooMuch } from './process-probe.ts'
import { commandSamples, factSamples, ofCall } from './samples/bus-messages.ts'

describe('the scanners of the hot path', () => {
  it('read 40,000 mutants as JSON.parse does, or leave them to it', { timeout: 60_000 }, async () => {
    const report = await codecKind.run({ seed: 20_261_121, count: 20_000, log: () => {} })
    expect(report.failures).toEqual([])
    expect(report.mutants).toBeGreaterThanOrEqual(40_000)
    // The fuzz is no fuzz if nothing gets through, or everything.
    expect(report.answers['carrier: media']).toBeGreaterThan(1000)
    expect(report.answers['carrier: other']).toBeGreaterThan(1000)
    expect(report.answers['model: understood']).toBeGreaterThan(1000)
    expect(report.answers['model: malformed']).toBeGreaterThan(1000)
  })
})

describe('growth', () => {
  const small = { heapKib: 30_000, resources: { TCPSocketWrap: 3, Timeout: 5 } }

  it('is not found where there is none', () => {
    expect(tooMuch(growthOf(small, { heapKib: 31_000, resources: { TCPSocketWrap: 4, Timeout: 2 } }))).toBe(
      undefined,
    )
  })

  it('is found in the heap, in handles and in timers', () => {
    expect(tooMuch(growthOf(small, { ...small, heapKib: 50_000 }))).toBe('the heap grew by 20000 KiB')
    const leaking = { heapKib: 30_000, resources: { TCPSocketWrap: 300, Timeout: 90 } }
    expect(tooMuch(growthOf(small, leaking))).toBe('handles grew: TCPSocketWrap +297, Timeout +85')
  })
})

describe('samples of the bus', () => {
  it('are one of every fact and command', () => {
    expect(factSamples.length).toBeGreaterThan(20)
    expect(commandSamples.length).toBeGreaterThan(8)
  })

  it('can be said of another call', () => {
    const callId = `call_${'f'.repeat(32)}`
    for (const { json } of factSamples) expect(JSON.stringify(ofCall(json, callId))).toContain(callId)
  })
})
