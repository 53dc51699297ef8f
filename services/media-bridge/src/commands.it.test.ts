import {
  bridgeClose,
  bridgeInject,
  bridgeRelease,
  bridgeSay,
  liveSubject,
  podHeartbeat,
} from '@toritsugi/contracts'
import { useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'
import type { StagedCall } from './staged-call.ts'

const nats = await useNats()
const stage = await openStage(nats.url, { env: { STOP_GRACE_MS: '500', MAX_CALLS: '7', POD_ID: 'pod-a' } })
afterAll(() => stage.close())

const answered = async (): Promise<StagedCall> => {
  const call = stage.dial()
  await call.phone.waitToHear(/bakery/)
  await call.waitForFact('turn.ended')
  return call
}
const hungUp = async (call: StagedCall): Promise<void> => {
  call.phone.hangUp()
  await call.waitForFact('stream.ended')
}

describe('a command to a live call', () => {
  it('say is answered when it was heard, and a repeat gets the first answer', async () => {
    const call = await answered()
    const { callId } = call
    const body = { callId, epoch: 1, text: 'Your bread is ready.', interruptible: true }
    const first = await stage.bus.request(bridgeSay, body, { callId, key: 'k1' })
    expect(call.phone.heardText()).toMatch(/Your bread is ready\./)
    expect(first).toMatchObject({ ok: true, value: { heardMs: expect.any(Number) } })
    expect(await stage.bus.request(bridgeSay, body, { callId, key: 'k1' })).toEqual(first)
    expect(call.phone.heardText()).not.toMatch(/ready.*ready/)
    await hungUp(call)
  })

  it('say that may not be interrupted is heard to its end, and the caller is answered then', async () => {
    const call = await answered()
    const { callId } = call
    const body = {
      callId,
      epoch: 1,
      text: 'This line is very important and you should hear all of it.',
      interruptible: false,
    }
    const saying = stage.bus.request(bridgeSay, body, { callId })
    await call.phone.waitToHear(/very important/)
    await call.phone.say('Do you have cake')
    expect(await saying).toMatchObject({ ok: true })
    expect(call.phone.heardText()).toMatch(/hear all of it\./)
    await call.phone.waitToHear(/I see: Do you have cake/)
    await call.phone.say('And tea')
    await call.phone.waitToHear(/I see: And tea/)
    await hungUp(call)
  })

  it('inject adds to the dialogue, and asks for an answer when wanted', async () => {
    const call = await answered()
    const { callId } = call
    const reply = await stage.bus.request(
      bridgeInject,
      { callId, epoch: 1, item: { kind: 'note', text: 'Say "The oven is cold".' }, respond: true },
      { callId },
    )
    expect(reply).toEqual({ ok: true, value: {} })
    await call.phone.waitToHear(/The oven is cold/)
    await hungUp(call)
  })

  it('release ends the sentence and is mute then; the stream stays', async () => {
    const call = await answered()
    const { callId } = call
    await call.phone.say('Tell me about bread')
    await call.phone.waitToHear(/I see/)
    expect(await stage.bus.request(bridgeRelease, { callId, epoch: 1 }, { callId })).toMatchObject({
      ok: true,
    })
    expect(call.phone.heardText()).toMatch(/Tell me about bread$/)
    const said = call.phone.heardText()
    await call.phone.say('Hello')
    await call.phone.waitForSilence(1500)
    expect(call.phone.heardText()).toBe(said)
    expect(call.phone.state).toBe('talking')
    await hungUp(call)
  })

  it('close waits for the last mark and commits nothing: whoever asks has done it', async () => {
    const call = await answered()
    const { callId } = call
    await call.phone.say('Tell me about bread')
    await call.phone.waitToHear(/I see/)
    const reply = await stage.bus.request(bridgeClose, { callId, epoch: 1, intent: 'end' }, { callId })
    expect(reply).toEqual({ ok: true, value: {} })
    expect(call.phone.heardText()).toMatch(/Tell me about bread$/)
    expect(call.intents).toEqual([])
    expect((await call.waitForFact('stream.ended')).data.because).toBe('closed')
    await call.phone.waitForEnd()
  })

  it('of an older epoch is refused', async () => {
    const call = stage.dial()
    call.epoch = 3
    await call.phone.waitToHear(/back/)
    const { callId } = call
    const reply = await stage.bus.request(bridgeRelease, { callId, epoch: 2 }, { callId })
    expect(reply).toMatchObject({ ok: false, code: 'call.stale-epoch' })
    await hungUp(call)
    expect(await stage.bus.request(bridgeRelease, { callId, epoch: 3 }, { callId })).toMatchObject({
      code: 'bus.no-responders',
    })
  })
})

describe('a pod', () => {
  it('drops a stream when a newer one of its call is seen elsewhere', async () => {
    const call = await answered()
    stage.bus.publishLive(liveSubject(call.callId, 'epoch').split('.').slice(2), { epoch: 2, podId: 'pod-b' })
    const ended = await call.waitForFact('stream.ended')
    expect(ended.data.because).toBe('superseded')
    await call.phone.waitForEnd()
  })

  it('says each second what it holds', async () => {
    const call = await answered()
    const beat = await new Promise((resolve) => {
      const listening = stage.bus.onLive(podHeartbeat.subject, podHeartbeat.schema, (heartbeat) => {
        if (heartbeat.calls.length === 0) return
        void listening.stop()
        resolve(heartbeat)
      })
    })
    expect(beat).toMatchObject({
      podId: 'pod-a',
      url: stage.url,
      capacity: 7,
      free: 6,
      draining: false,
      calls: [{ callId: call.callId, epoch: 1 }],
    })
    await hungUp(call)
  })
})
