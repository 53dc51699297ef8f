import { Stage } from '@toritsugi/call-scripts'
import type { AssistantList } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open()

describe('a caller who says nothing', () => {
  it.each([{ dtx: false }, { dtx: true }])('is asked twice, then told goodbye (%o)', async ({ dtx }) => {
    const { items } = (await (await stage.get('/api/v1/assistants')).json()) as AssistantList
    const [assistant] = items
    if (!assistant) throw new Error('there is no assistant')
    await stage.put(`/api/v1/assistants/${assistant.id}`, {
      ...assistant.content,
      callerSilence: { repromptAfterMs: 1500, reprompts: 2 },
    })
    stage.announceHangUp()
    const call = await stage.callerDials({ faults: dtx ? [{ type: 'dtx' }] : [] })
    await call.assistantSays(/ご用件をお聞かせください/)
    await call.assistantSays(/お声は届いておりますでしょうか/)
    await call.assistantSays(/お声は届いておりますでしょうか/)
    await call.assistantSays(/失礼いたします/)
    expect(await call.lineEnds()).toBe('other-side')
    await call.isWrittenDown()
    expect(await call.detail()).toMatchObject({ endReason: 'caller-silent', blame: 'nobody' })
  })
})
