import { speak, writeWav } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useScene } from '../carrier-under-test.ts'

const scene = useScene()

/** A call whose document gathers; `/got` is the action, the next verb says `Nothing came`. */
function gathering(attributes: string, inner = '') {
  scene.customer.pages['/voice'] =
    `<Response><Gather action="/got" ${attributes}>${inner}</Gather><Say>Nothing came</Say></Response>`
  scene.customer.pages['/got'] = '<Response><Say>Thank you</Say></Response>'
  return scene.dial()
}
const got = async () => (await scene.customer.waitForAsked('/got', 1, 10_000)).params
const PROMPT = '<Say>Tell me what you would like, or press a key, and take all the time you need</Say>'

describe('keys', () => {
  it('end at the finish key, which is not part of them', async () => {
    const phone = gathering('', PROMPT)
    await phone.waitToHear(/tell/i)
    phone.press('42#')
    expect(await got()).toMatchObject({
      Digits: '42',
      FinishedOnKey: '#',
      msg: 'Gather End',
      CallStatus: 'in-progress',
      CallSid: phone.callSid,
    })
    await phone.waitToHear(/thank you/i)
    expect(phone.heardText()).not.toContain('need')
    expect(phone.heardText()).not.toContain('Nothing')
  })

  it('end when there are enough of them', async () => {
    const phone = gathering('numDigits="3" finishOnKey=""', PROMPT)
    await phone.waitToHear(/tell/i)
    phone.press('1#2')
    expect((await got()).Digits).toBe('1#2')
  })

  it('end when no more come', async () => {
    const phone = gathering('timeout="1"')
    await phone.waitForSilence(100)
    phone.press('7')
    expect((await got()).Digits).toBe('7')
    expect(phone.ms).toBeGreaterThan(1000)
  })

  it('of none is no input, even with the finish key', async () => {
    const phone = gathering('')
    await phone.waitForSilence(60)
    phone.press('#')
    await phone.waitToHear(/nothing came/i)
    expect(scene.customer.askedFor('/got')).toEqual([])
  })

  it('are not taken by a gather of speech', async () => {
    const phone = gathering('input="speech" timeout="1"')
    await phone.waitForSilence(60)
    phone.press('1#')
    await phone.waitToHear(/nothing came/i)
  })

  it('are asked for at the document itself without an action', async () => {
    scene.customer.pages['/voice'] = ({ params }) =>
      params.Digits
        ? `<Response><Say>You pressed ${params.Digits}</Say></Response>`
        : '<Response><Gather numDigits="1" method="GET"/></Response>'
    const phone = scene.dial()
    await phone.waitForSilence(60)
    phone.press('5')
    await phone.waitToHear(/you pressed 5/i)
    expect(scene.customer.askedFor('/voice').map(({ method }) => method)).toEqual(['POST', 'GET'])
  })
})

describe('speech', () => {
  it('is understood, with confidence, and interrupts the prompt', async () => {
    const phone = gathering('input="speech" speechTimeout="1" language="ja-JP"', PROMPT)
    await phone.waitToHear(/tell/i)
    await phone.say('予約を お願いします。')
    const params = await got()
    expect(params.SpeechResult).toBe('予約を お願いします。')
    expect(Number(params.Confidence)).toBeGreaterThan(0.9)
    expect(params).not.toHaveProperty('Digits')
    await phone.waitToHear(/thank you/i)
    expect(phone.heardText()).not.toContain('need')
  })

  it('that is unclear has little confidence', async () => {
    const phone = gathering('input="dtmf speech" speechTimeout="auto"')
    await phone.waitForSilence(60)
    await phone.say('Something like this', { unclear: true })
    const params = await got()
    expect(params.SpeechResult).toBe('Something like this')
    expect(Number(params.Confidence)).toBeLessThan(0.5)
  })

  it('may pause for less than the speech timeout', async () => {
    const phone = gathering('input="speech" speechTimeout="2"')
    await phone.waitForSilence(60)
    await phone.say('First')
    await phone.waitUntil(phone.ms + 1000)
    await phone.say('and second')
    expect((await got()).SpeechResult).toBe('First and second')
  })

  it('loses to keys pressed meanwhile', async () => {
    const phone = gathering('input="dtmf speech" numDigits="1" timeout="2"')
    await phone.waitForSilence(60)
    const saying = phone.say('I am not sure what to')
    await phone.waitUntil(phone.ms + 300)
    phone.press('9')
    expect(await got()).toMatchObject({ Digits: '9' })
    await saying
  })

  it('ends at the finish key', async () => {
    const phone = gathering('input="dtmf speech" speechTimeout="5"')
    await phone.waitForSilence(60)
    await phone.say('That is all')
    phone.press('#')
    expect((await got()).SpeechResult).toBe('That is all')
  })

  it('during a protected prompt does not interrupt it', async () => {
    const phone = gathering(
      'input="speech" speechTimeout="1" bargeIn="false"',
      '<Say>Nobody may interrupt me</Say>',
    )
    await phone.waitToHear(/nobody/i)
    await phone.say('Yes')
    expect((await got()).SpeechResult).toBe('Yes')
    expect(phone.heardText()).toContain('Nobody may interrupt me')
  })

  it('is filtered of profanities unless asked not to be', async () => {
    const phone = gathering('input="speech" speechTimeout="1"')
    await phone.waitForSilence(60)
    await phone.say('Damn this')
    expect((await got()).SpeechResult).toBe('D*** this')
    scene.customer.asked.length = 0
    const other = gathering('input="speech" speechTimeout="1" profanityFilter="false"')
    await other.waitForSilence(60)
    await other.say('Damn this')
    expect((await got()).SpeechResult).toBe('Damn this')
  })

  it('in another language than expected is not understood', async () => {
    const phone = gathering('input="speech" speechTimeout="1"')
    await phone.waitForSilence(60)
    await phone.say('もしもし')
    await phone.waitToHear(/nothing came/i)
  })

  it('is told word by word to the partial result callback', async () => {
    const phone = gathering('input="speech" speechTimeout="1" partialResultCallback="/partial"')
    await phone.waitForSilence(60)
    await phone.say('One two three')
    expect((await got()).SpeechResult).toBe('One two three')
    const partials = scene.customer.askedFor('/partial').map(({ params }) => params)
    expect(
      partials.map(({ SequenceNumber, StableSpeechResult, UnstableSpeechResult }) => [
        SequenceNumber,
        StableSpeechResult,
        UnstableSpeechResult,
      ]),
    ).toEqual([
      ['0', '', 'One'],
      ['1', 'One', 'two'],
      ['2', 'One two', 'three'],
    ])
    expect(partials[0]?.CallSid).toBe(phone.callSid)
  })
})

describe('a prompt', () => {
  it('of sounds and pauses runs to its end, and then the timeout counts', async () => {
    scene.customer.pages['/tune.wav'] = { type: 'audio/wav', body: writeWav(speak('A tune', 'human')) }
    const phone = gathering('timeout="1"', '<Say>Listen</Say><Pause length="1"/><Play>/tune.wav</Play>')
    const tune = await phone.waitToHear(/a tune/i, { band: 'human' })
    const nothing = await phone.waitToHear(/nothing came/i)
    expect(nothing.startMs - tune.endMs).toBeGreaterThanOrEqual(1000)
    expect(nothing.startMs - tune.endMs).toBeLessThan(1600)
  })

  it('that cannot be had fails the document', async () => {
    scene.carrier.debugger.expect('11200')
    scene.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    scene.customer.pages['/none.wav'] = { status: 404 }
    await gathering('', '<Play>/none.wav</Play>').waitToHear(/rescued/i)
  })

  it('ends with a redirect by REST, and nothing is asked', async () => {
    const phone = gathering('input="speech dtmf"', PROMPT)
    await phone.waitToHear(/tell/i)
    await scene.sdk.calls(phone.callSid).update({ twiml: '<Response><Say>Elsewhere</Say></Response>' })
    await phone.waitToHear(/elsewhere/i)
    await phone.waitForEnd()
    expect(scene.customer.askedFor('/got')).toEqual([])
  })

  it('ends with the call, and nothing is asked', async () => {
    const phone = gathering('input="speech dtmf"', PROMPT)
    await phone.waitToHear(/tell/i)
    phone.press('1')
    phone.hangUp()
    await scene.customer.waitForAsked('/status')
    expect(scene.customer.askedFor('/got')).toEqual([])
  })
})

describe('no input', () => {
  it.each([
    ['empty', { Digits: '', SpeechResult: '' }],
    ['left-out', {}],
  ] as const)('with actionOnEmptyResult is told (%s)', async (emptyGather, expected) => {
    Object.assign(scene.carrier.switches, { emptyGather, gatherExtras: 'left-out' })
    const phone = gathering('input="dtmf speech" timeout="1" actionOnEmptyResult="true"')
    const { Digits, SpeechResult, Confidence, msg } = await got()
    expect(JSON.parse(JSON.stringify({ Digits, SpeechResult, Confidence, msg }))).toEqual(expected)
    await phone.waitToHear(/thank you/i)
  })
})

describe('switches', () => {
  it('confidence and extras may be missing', async () => {
    Object.assign(scene.carrier.switches, { speechConfidence: 'left-out', gatherExtras: 'left-out' })
    const phone = gathering('input="speech dtmf" speechTimeout="1"')
    await phone.waitForSilence(60)
    await phone.say('Hello')
    expect(Object.keys(await got())).not.toContain('Confidence')
    scene.customer.asked.length = 0
    const other = gathering('numDigits="1"')
    await other.waitForSilence(60)
    other.press('1')
    const keys = Object.keys(await got())
    expect(keys).toContain('Digits')
    expect(keys).not.toContain('FinishedOnKey')
  })

  it('speech during a protected prompt may be missed', async () => {
    scene.carrier.switches.speechInProtectedPrompt = 'missed'
    const phone = gathering(
      'input="speech" timeout="1" bargeIn="false"',
      '<Say>Nobody may interrupt me, not even you</Say>',
    )
    await phone.waitToHear(/nobody/i)
    await phone.say('Yes')
    await phone.waitToHear(/nothing came/i)
  })
})

describe('the debugger', () => {
  it.each([
    ['13335', 'speechModel="phone_call" speechTimeout="auto"'],
    ['13334', 'speechModel="my_own"'],
    ['12200', `hints="${'x'.repeat(101)}"`],
    ['12200', 'input="voice"'],
    ['11100', 'partialResultCallback="ftp://a"'],
  ])('has %s for %s', async (code, attributes) => {
    scene.carrier.debugger.expect(code)
    const phone = gathering(`timeout="1" ${attributes}`)
    await phone.waitToHear(/nothing came/i)
    expect(scene.carrier.debugger.entries).toMatchObject([{ code, callSid: phone.callSid }])
  })

  it('has 11100 for an inline document without an action', async () => {
    scene.carrier.debugger.expect('11100')
    scene.customer.pages['/voice'] = '<Response><Say loop="0">Please hold</Say></Response>'
    scene.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    const phone = scene.dial()
    await phone.waitToHear(/hold/i)
    await scene.sdk.calls(phone.callSid).update({
      twiml: '<Response><Gather numDigits="1"><Say loop="0">A key please</Say></Gather></Response>',
    })
    await phone.waitToHear(/key/i)
    phone.press('1')
    await phone.waitToHear(/rescued/i)
  })
})
