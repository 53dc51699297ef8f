import { useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'

const nats = await useNats()
const stage = await openStage(nats.url, { env: { STOP_GRACE_MS: '500' } })
afterAll(() => stage.close())

describe('a call', () => {
  it('is greeted, understood and answered, and told as facts', async () => {
    const call = stage.dial()
    await call.phone.waitToHear(/Hello, this is the bakery/)
    await call.phone.say('Do you have bread with walnuts?')
    await call.phone.waitToHear(/I see: Do you have bread with walnuts/)
    await call.waitForFact('turn.transcribed')
    call.phone.hangUp()
    const ended = await call.waitForFact('stream.ended')
    expect(ended.data.because).toBe('stop')
    expect(call.told('greeting.started')).toHaveLength(1)
    const turns = call.told('turn.ended').map(({ data }) => data)
    expect(turns.map(({ by }) => by).slice(0, 2)).toEqual(['assistant', 'caller'])
    expect(turns[0]).toMatchObject({
      text: 'Hello, this is the bakery.',
      interrupted: false,
      approximate: false,
    })
    expect(call.told('turn.transcribed')[0]?.data.text).toMatch(/walnuts/)
    expect(call.told('usage.recorded').length).toBeGreaterThan(1)
    expect(stage.model.debugger.unexpected).toEqual([])
    expect(stage.carrier.debugger.unexpected).toEqual([])
  })

  it('is interrupted, and the model is told how much was heard', async () => {
    stage.model.setBrain([
      {
        when: { heard: /story/ },
        say: 'Once upon a time there was a very small mill by a very wide river, and in it lived a miller with seven cats.',
      },
      { when: { any: true }, say: 'All right.' },
    ])
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Tell me a story')
    await call.phone.waitToHear(/very small mill/)
    await call.phone.say('Stop please')
    await call.phone.waitToHear(/All right/)
    const cut = await call.waitForFact('turn.ended', ({ interrupted }) => interrupted)
    // What the phone recorded of the story, against what the model and the transcript were told.
    const session = stage.model.sessions.at(-1) ?? expect.fail('no session')
    const truncated = session.log.of('client', 'conversation.item.truncate')[0]?.event
    const said = call.phone.events.flatMap((event) => (event.type === 'said' ? [event] : []))
    const from = call.phone.firstSoundAfter(said[0]?.endMs ?? 0) ?? 0
    const pause = call.phone.longestSilence(from, call.phone.lastSoundBefore(call.phone.ms) ?? 0)
    const heardMs = pause.startMs - from
    expect(Math.abs(Number(truncated?.audio_end_ms) - heardMs)).toBeLessThanOrEqual(60)
    expect(cut.data.heardMs).toBe(truncated?.audio_end_ms)
    expect(cut.data.text).toMatch(/^Once upon a time/)
    expect(cut.data.text).not.toMatch(/cats/)
    expect(cut.data.approximate).toBe(true)
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })
})
