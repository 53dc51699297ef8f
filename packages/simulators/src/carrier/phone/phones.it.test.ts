import { encodeMulaw, speak, writeWav } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { OUR_NUMBER, useScene } from '../carrier-under-test.ts'

const scene = useScene()

/** Kept ahead by the echo, so that a busy machine makes no gaps. */
const AHEAD = Buffer.alloc(300 * 8, 0xff)

/** A call whose stream sends back what it gets, as an echo. */
async function echo() {
  scene.customer.pages['/voice'] = scene.connect()
  scene.customer.upgrade.onStream = (stream) => {
    stream.socket.on('message', () => {
      const last = stream.events.at(-1)
      if (last?.event === 'media')
        stream.send({ event: 'media', media: { payload: (last.media as { payload: string }).payload } })
    })
  }
  const phone = scene.dial()
  const stream = await scene.customer.waitForStream()
  await stream.waitFor('start')
  stream.media(AHEAD)
  await stream.waitFor('media')
  return phone
}

describe('a phone', () => {
  it('speaks while it listens, and times both on one clock', async () => {
    const phone = await echo()
    const said = await phone.say('Is this an echo?')
    const heard = await phone.waitToHear(/an echo\?/, { band: 'caller' })
    const first = phone.heard[0]
    expect(first).toMatchObject({ text: 'Is', band: 'caller', damaged: false })
    const delay = (first?.startMs ?? 0) - 10 - said.startMs
    expect(delay).toBeGreaterThanOrEqual(20)
    expect(delay).toBeLessThan(600)
    expect(heard.endMs - heard.startMs).toBeGreaterThan(300)
    const voiced = phone.lastVoicedMs ?? 0
    expect(Math.abs(voiced - said.endMs)).toBeLessThan(25)
    const echoed = phone.firstSoundAfter(said.startMs) ?? 0
    expect(Math.abs(echoed - said.startMs - delay)).toBeLessThan(15)
    await phone.waitForSilence(500)
    expect(Math.abs((phone.lastSoundBefore(phone.ms) ?? 0) - voiced - delay)).toBeLessThan(25)
  })

  it('plays a recording of any rate, and keeps what it heard and said as WAV', async () => {
    const phone = await echo()
    const wav = writeWav(speak('Recorded words', 'human'))
    await phone.playWav(wav)
    await phone.waitToHear(/recorded words/i, { band: 'human' })
    expect(phone.heardWav.length).toBe(44 + phone.heardAudio.length * 2)
    expect(phone.heardAudio.length).toBe(phone.ms * 8)
    expect(phone.saidWav.length).toBeGreaterThanOrEqual(wav.length)
  })

  it('breaks off what it is saying', async () => {
    const phone = await echo()
    const saying = phone.say('A very long sentence that nobody will ever hear the end of')
    await phone.waitToHear(/long/, { band: 'caller' })
    phone.stopSpeaking()
    const said = await saying
    expect(said.whole).toBe(false)
    expect(said.endMs - said.startMs).toBeLessThan(1500)
  })

  it('finds words in order, each once, unless asked again', async () => {
    const phone = await echo()
    await phone.say('One two one')
    expect(await phone.waitToHear(/one/i, { band: 'caller' })).toMatchObject({ text: 'One' })
    expect(await phone.waitToHear(/one/i, { band: 'caller' })).toMatchObject({ text: 'one' })
    await expect(phone.waitToHear(/one/i, { band: 'caller', timeoutMs: 50 })).rejects.toThrow(
      'Of the caller it has heard: One two one',
    )
    expect(await phone.waitToHear(/two/, { again: true })).toMatchObject({ text: 'two' })
  })

  it('gives up waiting when the call ends, and says so of every later wait', async () => {
    const phone = await echo()
    const waiting = expect(phone.waitToHear(/never/)).rejects.toThrow('the call is over (hung-up)')
    phone.hangUp()
    await waiting
    await expect(phone.waitToHear(/never/)).rejects.toThrow('There was no words')
    expect(await phone.say('Hello?')).toMatchObject({ whole: false })
  })

  it('measures silence', async () => {
    const phone = await echo()
    await phone.say('Before')
    await phone.waitForSilence(400)
    await phone.say('After')
    await phone.waitToHear(/after/i, { band: 'caller' })
    const [before] = phone.heard.filter(({ text }) => text === 'Before')
    const [after] = phone.heard.filter(({ text }) => text === 'After')
    const gap = phone.longestSilence(before?.startMs, after?.endMs)
    expect(gap.ms).toBeGreaterThanOrEqual(390)
    expect(Math.abs(gap.ms - ((after?.startMs ?? 0) - (before?.endMs ?? 0)))).toBeLessThan(60)
  })
})

describe('scripts', () => {
  it('speak, listen, press, pause and hang up', async () => {
    scene.customer.pages['/voice'] = scene.connect()
    const phone = scene.dial({
      script:
        '# a comment\nwait-to-hear 5s who is (it|there)\nsay It is me.\npress 12#\npause 50ms\nhang-up\nsay never',
    })
    const stream = await scene.customer.waitForStream()
    await stream.waitFor('media')
    stream.media(encodeMulaw(speak('Who is there?', 'assistant')))
    await stream.waitFor('dtmf', 3)
    expect(await phone.waitForEnd()).toBe('hung-up')
    expect(phone.events.filter(({ type }) => type === 'said')).toMatchObject([
      { text: 'It is me.', whole: true },
    ])
  })

  it('that fail hang up and tell why', async () => {
    scene.customer.pages['/voice'] = scene.connect()
    const phone = scene.dial({ script: 'wait-to-hear 50ms nothing' })
    expect(await phone.waitForEnd()).toBe('hung-up')
    expect(await phone.waitFor('script-failed')).toMatchObject({
      message: expect.stringContaining('Waited 50 ms'),
    })
  })

  it('may be functions, and run on phones that are called', async () => {
    const number = '+14155550199'
    scene.carrier.phones.add({
      number,
      answers: { afterMs: 20 },
      band: 'human',
      script: async (phone) => {
        await phone.waitToHear(/are you there/i)
        await phone.say('Yes, I am')
        phone.hangUp()
      },
    })
    const inline = '<Response><Say>Are you there?</Say><Record playBeep="false" timeout="1"/></Response>'
    await scene.sdk.calls.create({ to: number, from: OUR_NUMBER, twiml: inline })
    const phone = await scene.carrier.phones.nextCallTo(number)
    expect(await phone.waitForEnd()).toBe('hung-up')
    expect(phone.events.find(({ type }) => type === 'said')).toMatchObject({ text: 'Yes, I am' })
    scene.carrier.debugger.expect('11100')
  })
})
