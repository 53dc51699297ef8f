import { Stage } from '@toritsugi/call-scripts'
import { expect, it } from 'vitest'

const stage = await Stage.open({ env: { 'media-bridge': { MAX_CALLS: '1' } } })

it('a caller too many is told so within a second, and who is talking notices nothing', async () => {
  const first = await stage.callerDials()
  await first.assistantSays(/ご用件をお聞かせください/)

  const second = await stage.callerDials({ from: '+819011112222' })
  const refused = await second.assistantSays(/混み合って/)
  expect(second.phone.firstSoundAfter(0)).toBeLessThanOrEqual(1000)
  expect(refused.startMs).toBeLessThan(5000)
  expect(await second.lineEnds()).toBe('other-side')
  await second.fact('call.ended')
  expect(await second.detail()).toMatchObject({ endReason: 'no-capacity', blame: 'us', mode: 'message' })

  await first.callerSays('営業時間を教えてください')
  await first.assistantSays(/承知しました/)
  first.callerHangsUp()
  expect(await first.isWrittenDown()).toMatchObject({ complete: true, missing: [] })
})
