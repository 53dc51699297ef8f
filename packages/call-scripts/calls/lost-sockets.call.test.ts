import { Stage } from '@toritsugi/call-scripts'
import { describe, expect, it } from 'vitest'

const stage = await Stage.open()

describe.each([
  { afterLoss: 'action' as const },
  { afterLoss: 'next-verb' as const },
  { afterLoss: 'silence' as const, playbackOnRedirect: 'kept' as const },
  { afterLoss: 'silence' as const, playbackOnRedirect: 'dropped' as const },
])('the carrier loses the stream (carrier: %o)', (switches) => {
  it('comes back with the next epoch, and the assistant knows what was said', async () => {
    Object.assign(stage.carrier.switches, switches)
    stage.announce(/31903/)
    const call = await stage.callerDials()
    await call.assistantSays(/ご用件をお聞かせください/)
    await call.callerSays('My name is Mori')
    await call.assistantSays(/Mori/)
    await call.assistantFinishes()
    stage.carrier.faults.loseStream(call.phone.callSid)
    await call.assistantSays(/失礼いたしました/)
    await call.assistantFinishes()
    await call.callerSays('What did I say')
    await call.assistantSays(/Mori/)
    await call.assistantFinishes()
    call.callerHangsUp()
    const transcript = await call.isWrittenDown()
    expect(call.facts('stream.started').map((f) => f.data.epoch)).toEqual([1, 2])
    expect(transcript.complete).toBe(true)
    expect(transcript.utterances.map((u) => u.by)).toEqual([
      'assistant',
      'caller',
      'assistant',
      'assistant',
      'caller',
      'assistant',
    ])
    expect(call.facts('call.ended')).toHaveLength(1)
  })
})

describe('the model loses its socket', () => {
  it('is opened again with the dialogue, and the caller hears one short phrase', async () => {
    stage.announce(/session.lost|model socket/)
    const call = await stage.callerDials()
    await call.assistantSays(/ご用件をお聞かせください/)
    await call.callerSays('My name is Mori')
    await call.assistantSays(/Mori/)
    await call.assistantFinishes()
    const first = await call.session()
    first.drop()
    await call.assistantSays(/失礼いたしました/)
    await call.assistantFinishes()
    await call.callerSays('What did I say')
    await call.assistantSays(/Mori/)
    await call.assistantFinishes()
    call.callerHangsUp()
    const transcript = await call.isWrittenDown()
    expect(call.facts('stream.started')).toHaveLength(1)
    expect(call.facts('session.opened').map((f) => f.data.attempt)).toEqual([1, 2])
    expect(call.facts('session.lost')).toHaveLength(1)
    expect(transcript.complete).toBe(true)
  })
})
