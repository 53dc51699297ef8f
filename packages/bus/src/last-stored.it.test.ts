import { newId } from '@toritsugi/contracts'
import { useNats } from '@toritsugi/testkit'
import { afterAll, expect, it } from 'vitest'
import { connectBus } from './index.ts'
import { endedFact } from './test-facts.ts'

const nats = await useNats()
const bus = await connectBus({ url: nats.url, name: 'test' })
afterAll(() => bus.close())

it('names the last stored fact of a call in each family that has one', async () => {
  const callId = newId('call')
  expect(await bus.lastStored(callId, ['lifecycle', 'turn'])).toEqual([])
  const [first, second] = [endedFact({ callId, sequence: 1 }), endedFact({ callId, sequence: 2 })]
  await bus.publish(first)
  await bus.publish(second)
  await bus.publish(endedFact({ callId: newId('call'), sequence: 1 }))
  expect(await bus.lastStored(callId, ['lifecycle', 'turn'])).toEqual([second.id])
})
