import type { CallId, EventId } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { createCatchUp } from './catch-up.ts'

const callId = `call_${'1'.repeat(32)}` as CallId
const last = [`evt_${'1'.repeat(32)}` as EventId]

function catchUp(over: Partial<Parameters<typeof createCatchUp>[0]>) {
  const warned: string[] = []
  const wait = createCatchUp({
    lastStored: async () => last,
    haveApplied: async () => true,
    log: { warn: (_fields, message) => warned.push(message) },
    limitMs: 120,
    ...over,
  })
  return { wait: () => wait(callId), warned }
}

it('is over at once when everything has been taken', async () => {
  const { wait, warned } = catchUp({})
  expect(await wait()).toBe(true)
  expect(warned).toEqual([])
})

it('looks again until the last fact has been taken', async () => {
  let looks = 0
  const { wait } = catchUp({
    async haveApplied(ids) {
      expect(ids).toEqual(last)
      return ++looks === 3
    },
  })
  expect(await wait()).toBe(true)
  expect(looks).toBe(3)
})

it.each([
  ['the last fact is never taken', { haveApplied: async () => false }],
  ['the stream does not answer', { lastStored: () => new Promise<never>(() => {}) }],
  ['the database does not answer', { haveApplied: () => new Promise<never>(() => {}) }],
])('ends at its limit when %s', async (_story, over) => {
  const startedAt = performance.now()
  const { wait, warned } = catchUp(over)
  expect(await wait()).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(warned).toEqual(['dialogue may lack its last words'])
})

it('does not wait for a stream that cannot be asked', async () => {
  const { wait, warned } = catchUp({
    lastStored: () => Promise.reject(new Error('bus away')),
    limitMs: 60_000,
  })
  expect(await wait()).toBe(false)
  expect(warned).toEqual(['stream cannot be asked for its end', 'dialogue may lack its last words'])
})
