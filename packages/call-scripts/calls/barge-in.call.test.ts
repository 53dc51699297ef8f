import { Stage } from '@toritsugi/call-scripts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open()

const STORY =
  'This is a long story about a house by the sea with a garden and a gate and a dog that barks at every ship that passes in the morning and in the evening too'

describe('the caller interrupts', () => {
  it('cuts the reply in the model, in the transcript and at the ear in the same place', async () => {
    stage.model.setBrain([
      { when: { heard: 'story' }, say: STORY, deltaMs: 200 },
      { when: { heard: 'stop' }, say: 'I have stopped.' },
      { when: { any: true }, say: 'Yes.' },
    ])
    const call = await stage.callerDials()
    await call.assistantSays(/ご用件をお聞かせください/)
    await call.callerSays('Tell me a story')
    await call.assistantSays(/house by/)
    const interruption = await call.callerSays('Please stop now')
    await call.assistantSays(/I have stopped/)
    await call.assistantFinishes()
    call.callerHangsUp()
    const transcript = await call.isWrittenDown()

    const cut = transcript.utterances.find((u) => u.text?.startsWith('This is a long story'))
    expect(cut).toMatchObject({ by: 'assistant', interrupted: true, approximate: true })
    expect(STORY.startsWith(cut?.text ?? 'nothing')).toBe(true)
    expect((cut?.text ?? '').length).toBeLessThan(STORY.length)

    // What the ear got of the story: no word of it after the interruption was over.
    const storyWords = call.phone.heard.filter(
      (word) => word.band === 'assistant' && !word.damaged && word.startMs < interruption.endMs,
    )
    expect(storyWords.at(-1)?.endMs).toBeLessThan(interruption.endMs)

    // The model was told the same: its item ends where the ear's did, to 60 ms.
    const truncated = (await call.session()).log.of('client', 'conversation.item.truncate')
    expect(truncated).toHaveLength(1)
    const told = Number(truncated[0]?.event.audio_end_ms)
    const storyBegan = call.phone.firstSoundAfter(
      call.phone.heard.find((word) => word.text === 'This')?.startMs ?? 0,
    )
    const storyEnded = call.phone.lastSoundBefore(interruption.endMs)
    expect(Math.abs((storyEnded ?? 0) - (storyBegan ?? 0) - told)).toBeLessThanOrEqual(60)
    expect(cut?.heardMs).toBe(told)
  })
})
