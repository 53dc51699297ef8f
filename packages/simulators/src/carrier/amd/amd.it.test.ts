import { describe, expect, it } from 'vitest'
import { OUR_NUMBER, useScene } from '../carrier-under-test.ts'

const scene = useScene({ limits: { extraRingMs: 0 } })
const CALLEE = '+819012345678'
const GREETING = 'ただいま電話に出ることができません。発信音のあとにお名前とご用件をお話しください。'

const listed = (script: string) =>
  scene.carrier.phones.add({ number: CALLEE, answers: { afterMs: 20 }, band: 'human', script })
const place = (more: Record<string, unknown> = {}) =>
  scene.sdk.calls.create({
    to: CALLEE,
    from: OUR_NUMBER,
    url: `${scene.customer.url}/out`,
    machineDetection: 'Enable',
    ...more,
  } as never)
const asked = async (path: string) => (await scene.customer.waitForAsked(path, 1, 15_000)).params

describe('detection that waits', () => {
  it('asks for the document when it knows, and tells by whom; the callee hears nothing until then', async () => {
    listed('say もしもし。\nwait-for-end')
    scene.customer.pages['/out'] = '<Response><Say>Good day</Say></Response>'
    const { sid } = await place({
      statusCallback: `${scene.customer.url}/progress`,
      statusCallbackEvent: ['answered'],
    })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    expect((await asked('/progress')).CallStatus).toBe('in-progress')
    expect(scene.customer.askedFor('/out')).toEqual([])
    const params = await asked('/out')
    expect(params).toMatchObject({ AnsweredBy: 'human', CallStatus: 'in-progress', CallSid: sid })
    expect(Number(params.MachineDetectionDuration)).toBeGreaterThan(1200)
    expect(Number(params.MachineDetectionDuration)).toBeLessThan(2600)
    const heard = await phone.waitToHear(/good day/i)
    expect(phone.firstSoundAfter(0)).toBeGreaterThan(1200)
    expect(heard.startMs).toBeGreaterThan(1200)
    expect((await scene.sdk.calls(sid).fetch()).answeredBy).toBe('human')
  })

  it('hears a voicemail to its tone, which then records what is said', async () => {
    listed(`voicemail ${GREETING}`)
    scene.customer.pages['/out'] = '<Response><Say>This is a message for you</Say></Response>'
    await place({ machineDetection: 'DetectMessageEnd' })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    expect((await asked('/out')).AnsweredBy).toBe('machine_end_beep')
    await phone.waitForEnd()
    expect(phone.message?.text).toBe('This is a message for you')
    expect(phone.message?.audio.length).toBeGreaterThan(6000)
    expect(phone.message?.audio.length).toBeLessThan(phone.heardAudio.length - 20_000)
  })

  it.each([
    [`voicemail ${GREETING}`, 'Enable', 'machine_start'],
    [`say ${GREETING}\nwait-for-end`, 'DetectMessageEnd', 'machine_end_silence'],
    [`say ${GREETING}\ntone 480+620 400ms\nwait-for-end`, 'DetectMessageEnd', 'machine_end_other'],
    ['fax', 'Enable', 'fax'],
  ])('a phone that does %s is, with %s, %s', async (script, machineDetection, answeredBy) => {
    listed(script)
    const { sid } = await place({ machineDetection })
    expect((await asked('/out')).AnsweredBy).toBe(answeredBy)
    expect((await scene.sdk.calls(sid).fetch()).answeredBy).toBe(answeredBy)
  })

  it('a phone that is silent is unknown after the time for that', async () => {
    listed('wait-for-end')
    await place({ machineDetectionSilenceTimeout: 2000 })
    expect(await asked('/out')).toMatchObject({ AnsweredBy: 'unknown', MachineDetectionDuration: '2000' })
  })

  it('does not come back to its document when the call was given another one', async () => {
    listed('wait-for-silence 200ms\nsay Who\nwait-for-end')
    const { sid } = await place({ machineDetectionSilenceTimeout: 2000 })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    await phone.waitForAnswer()
    await scene.sdk.calls(sid).update({ twiml: '<Response><Say loop="3">Another document</Say></Response>' })
    await phone.waitForEnd()
    expect(phone.heardText()).toBe('Another document Another document Another document')
    expect(scene.customer.askedFor('/out')).toEqual([])
  })

  it('asks nothing when the callee hangs up first', async () => {
    listed('pause 200ms\nhang-up')
    await place({ statusCallback: `${scene.customer.url}/progress` })
    expect((await asked('/progress')).CallStatus).toBe('completed')
    expect(scene.customer.askedFor('/out')).toEqual([])
  })

  it('is none when keys are sent', async () => {
    listed('wait-for-end')
    await place({ sendDigits: '1' })
    expect(await asked('/out')).not.toHaveProperty('AnsweredBy')
  })
})

describe('detection beside the document', () => {
  it('runs the document at once and posts the result to its callback', async () => {
    listed(`voicemail ${GREETING}`)
    scene.customer.pages['/out'] = '<Response><Pause length="10"/></Response>'
    const { sid } = await place({
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${scene.customer.url}/amd`,
      machineDetection: 'DetectMessageEnd',
    })
    expect(await asked('/out')).not.toHaveProperty('AnsweredBy')
    expect(scene.customer.askedFor('/amd')).toEqual([])
    const params = await asked('/amd')
    expect(params).toEqual({
      AccountSid: scene.carrier.account.sid,
      CallSid: sid,
      AnsweredBy: 'machine_end_beep',
      MachineDetectionDuration: expect.stringMatching(/^\d+$/),
    })
    expect((await scene.sdk.calls(sid).fetch()).answeredBy).toBe('machine_end_beep')
  })

  it('is asked for by GET if so wanted', async () => {
    listed('say Hello\nwait-for-end')
    scene.customer.pages['/out'] = '<Response><Pause length="10"/></Response>'
    await place({
      asyncAmd: 'true',
      asyncAmdStatusCallback: `${scene.customer.url}/amd`,
      asyncAmdStatusCallbackMethod: 'GET',
    })
    expect((await asked('/amd')).AnsweredBy).toBe('human')
    expect(scene.customer.askedFor('/amd')[0]?.method).toBe('GET')
  })

  it('without a callback is warned of: 21262', async () => {
    scene.carrier.debugger.expect('21262')
    listed('hang-up')
    await place({ asyncAmd: 'true' })
    expect(scene.carrier.debugger.entries).toMatchObject([{ code: '21262', level: 'warning' }])
  })
})

describe('detection that is not understood', () => {
  it.each([
    [21234, { machineDetection: 'true' }],
    [21234, { machineDetectionTimeout: 2 }],
    [21234, { machineDetectionTimeout: 60 }],
    [21234, { machineDetectionSpeechThreshold: 999 }],
    [21234, { machineDetectionSpeechEndThreshold: 5001 }],
    [21234, { machineDetectionSilenceTimeout: 1999 }],
    [21609, { asyncAmd: 'true', asyncAmdStatusCallback: 'nowhere' }],
  ])('is refused with %i: %j', async (code, more) => {
    scene.carrier.debugger.expect(String(code))
    listed('hang-up')
    await expect(place(more)).rejects.toMatchObject({ status: 400, code })
    expect(scene.carrier.calls.size).toBe(0)
  })
})
