import { type CallId, newId, type PodHeartbeat } from '@toritsugi/contracts'
import { expect, it } from 'vitest'
import { createPods } from './pods.ts'

function scene() {
  const state = {
    at: 0,
    hearing: true,
    alive: new Set<string>(),
    lost: [] as string[],
    probed: [] as string[],
  }
  const pods = createPods({
    isHearing: () => state.hearing,
    async probe(url) {
      state.probed.push(url)
      return state.alive.has(url)
    },
    lost: (calls, podId) => state.lost.push(`${podId}: ${calls.length}`),
    clock: () => state.at,
  })
  const beat = (podId: string, free: number, more: Partial<PodHeartbeat> = {}) =>
    pods.beat({
      podId,
      url: `http://${podId}`,
      at: '2026-11-21T05:00:00.000Z',
      capacity: 10,
      free,
      draining: false,
      calls: [],
      ...more,
    })
  // Listening begins with the first look.
  void pods.watch()
  return { pods, state, beat }
}

it('believes in room until it can know', () => {
  const { pods, state } = scene()
  expect(pods.hasRoom()).toBe(true)
  state.at = 3600
  expect(pods.hasRoom()).toBe(false)
})

it('counts free places of pods that beat and take calls', () => {
  const { pods, state, beat } = scene()
  state.at = 5000
  beat('a', 0)
  expect(pods.hasRoom()).toBe(false)
  beat('b', 1)
  expect(pods.hasRoom()).toBe(true)
  beat('b', 1, { draining: true })
  expect(pods.hasRoom()).toBe(false)
  beat('b', 1)
  state.at = 8001
  expect(pods.hasRoom()).toBe(false)
})

it('knows that pods are full even just after the start', () => {
  const { pods, beat } = scene()
  beat('a', 0)
  expect(pods.hasRoom()).toBe(false)
})

it('counts promised places until their calls show up, or never do', () => {
  const { pods, state, beat } = scene()
  state.at = 5000
  beat('a', 2)
  const [first, second] = [newId('call'), newId('call')]
  pods.promise(first)
  pods.promise(first)
  expect(pods.hasRoom()).toBe(true)
  pods.promise(second)
  expect(pods.hasRoom()).toBe(false)
  beat('a', 1, { calls: [{ callId: first, epoch: 1 }] })
  expect(pods.hasRoom()).toBe(false)
  state.at = 15_500
  beat('a', 1, { calls: [{ callId: first, epoch: 1 }] })
  expect(pods.hasRoom()).toBe(true)
})

it('knows who holds a call, unless it hears nothing', () => {
  const { pods, state, beat } = scene()
  const callId = newId('call') as CallId
  expect(pods.holds(callId)).toBe('unknown')
  state.at = 5000
  expect(pods.holds(callId)).toBe(false)
  beat('a', 1, { calls: [{ callId, epoch: 1 }] })
  expect(pods.holds(callId)).toBe(true)
  beat('a', 1)
  expect(pods.holds(callId)).toBe(false)
  state.hearing = false
  expect(pods.holds(callId)).toBe('unknown')
  state.hearing = true
  expect(pods.holds(callId)).toBe('unknown')
})

it('gives a pod up that missed three beats and does not answer', async () => {
  const { pods, state, beat } = scene()
  state.at = 5000
  beat('a', 1, { calls: [{ callId: newId('call'), epoch: 1 }] })
  beat('b', 1)
  state.alive.add('http://b')
  state.at = 7900
  await pods.watch()
  expect(state.probed).toEqual([])
  state.at = 8000
  await pods.watch()
  expect(state.lost).toEqual(['a: 1'])
  await pods.watch()
  expect(state.lost).toEqual(['a: 1'])
  expect(state.probed.filter((url) => url === 'http://a')).toHaveLength(1)
})

it('gives none up while the bus is away, nor just after it came back', async () => {
  const { pods, state, beat } = scene()
  state.at = 5000
  beat('a', 1)
  state.hearing = false
  state.at = 20_000
  await pods.watch()
  state.hearing = true
  await pods.watch()
  state.at = 22_000
  beat('a', 1)
  state.at = 23_600
  await pods.watch()
  expect(state.lost).toEqual([])
  expect(state.probed).toEqual([])
})

it('keeps a pod that beats while it is being probed', async () => {
  const { pods, state, beat } = scene()
  state.at = 5000
  beat('a', 1)
  state.at = 8500
  const watching = pods.watch()
  beat('a', 1)
  await watching
  expect(state.lost).toEqual([])
})
