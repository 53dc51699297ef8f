import { expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

it('tell what waits in the outbox, or that it cannot be told', async () => {
  const metrics = createMetrics('test')
  let isAway = false
  metrics.outbox(async () => {
    if (isAway) throw new Error('the database is away')
    return { rows: 3, oldestMs: 1500 }
  })
  const shown = async () => {
    const text = await metrics.registry.metrics()
    return ['rows', 'oldest_ms'].map(
      (name) => new RegExp(`^toritsugi_outbox_${name}\\{.*\\} (.+)$`, 'm').exec(text)?.[1],
    )
  }
  expect(await shown()).toEqual(['3', '1500'])
  isAway = true
  expect(await shown()).toEqual(['Nan', 'Nan'])
})
