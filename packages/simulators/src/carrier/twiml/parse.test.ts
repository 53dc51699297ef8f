import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { parseTwiml } from './parse.ts'

const verbsOf = (xml: string) => {
  const parsed = parseTwiml(xml)
  if (parsed.is === 'unreadable') throw new Error(`${parsed.code} ${parsed.message}`)
  return parsed
}

describe('reading TwiML', () => {
  it('keeps order, attributes and text', () => {
    const { verbs, warnings } = verbsOf(
      '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<Response>\n  <Say voice="Polly.Mizuki">a &amp; b\n   c</Say><!-- x --><Pause length="2"/>' +
        '<Connect action="/x?a=1&amp;b=2"><Stream url="wss://a/b"><Parameter name="n" value="&lt;v&gt;"/></Stream></Connect>\n</Response>',
    )
    expect(warnings).toEqual([])
    expect(verbs).toEqual([
      { name: 'Say', attributes: { voice: 'Polly.Mizuki' }, text: 'a & b c', children: [] },
      { name: 'Pause', attributes: { length: '2' }, text: '', children: [] },
      {
        name: 'Connect',
        attributes: { action: '/x?a=1&b=2' },
        text: '',
        children: [
          {
            name: 'Stream',
            attributes: { url: 'wss://a/b' },
            text: '',
            children: [
              { name: 'Parameter', attributes: { name: 'n', value: '<v>' }, text: '', children: [] },
            ],
          },
        ],
      },
    ])
  })

  it('takes what the official builder makes of every verb it can', () => {
    const response = new twilio.twiml.VoiceResponse()
    response.say({ voice: 'Polly.Mizuki', language: 'ja-JP', loop: 2 }, 'こんにちは & さようなら <3')
    response.play({ loop: 1 }, 'https://example.com/a.wav')
    response.pause({ length: 3 })
    response.record({
      action: '/a',
      method: 'GET',
      timeout: 3,
      finishOnKey: '#',
      maxLength: 60,
      playBeep: true,
      trim: 'trim-silence',
      recordingStatusCallback: '/b',
      recordingStatusCallbackMethod: 'POST',
      recordingStatusCallbackEvent: ['completed', 'absent'],
    })
    response
      .connect({ action: '/c' })
      .stream({ url: 'wss://e.com/', name: 's', statusCallback: '/d', statusCallbackMethod: 'POST' })
      .parameter({ name: 'a', value: 'b' })
    const gather = response.gather({
      input: ['dtmf', 'speech'],
      numDigits: 1,
      timeout: 4,
      speechTimeout: 'auto',
      language: 'ja-JP',
      actionOnEmptyResult: true,
      bargeIn: true,
      hints: 'a, b',
    })
    gather.say('One')
    response.dial({ timeout: 10, callerId: '+81312345678', answerOnBridge: true }, '+14155550100')
    response.dial().conference(
      {
        beep: 'false',
        startConferenceOnEnter: true,
        endConferenceOnExit: true,
        waitUrl: '',
        statusCallback: 'https://e.com/s',
        statusCallbackEvent: ['start', 'end', 'join', 'leave'],
        participantLabel: 'caller',
      },
      'room',
    )
    response.redirect({ method: 'POST' }, '/next')
    response.reject({ reason: 'busy' })
    response.hangup()
    const { verbs, warnings } = verbsOf(response.toString())
    expect(warnings).toEqual([])
    expect(verbs.map(({ name }) => name)).toEqual(
      'Say Play Pause Record Connect Gather Dial Dial Redirect Reject Hangup'.split(' '),
    )
    expect(verbs[0]?.text).toBe('こんにちは & さようなら <3')
    expect(verbs[7]?.children[0]).toMatchObject({
      name: 'Conference',
      text: 'room',
      attributes: { waitUrl: '' },
    })
  })

  it('speaks the text inside SSML, and CDATA', () => {
    const { verbs, warnings } = verbsOf(
      '<Response><Say>One <break time="1s"/><prosody rate="slow">two</prosody> <![CDATA[three < four]]></Say></Response>',
    )
    expect(warnings).toEqual([])
    expect(verbs[0]?.text).toBe('One two three < four')
  })

  it.each([
    ['<Response><Hello/></Response>', "Invalid content was found starting with element 'Hello'."],
    [
      '<Response><Stream url="wss://a"/></Response>',
      "Invalid content was found starting with element 'Stream'.",
    ],
    [
      '<Response><Gather><Record/></Gather></Response>',
      "Invalid content was found starting with element 'Record'.",
    ],
    ['<Response>text</Response>', "Element 'Response' cannot have character content."],
    [
      '<Response><Pause seconds="1"/></Response>',
      "Attribute 'seconds' is not allowed to appear in element 'Pause'.",
    ],
    [
      '<Response><Redirect method="PUT">/</Redirect></Response>',
      "Value 'PUT' of attribute 'method' on element 'Redirect' is not valid.",
    ],
    [
      '<Response><Record maxLength="-1"/></Response>',
      "Value '-1' of attribute 'maxLength' on element 'Record' is not valid.",
    ],
  ])('%s: warns', (xml, warning) => {
    expect(verbsOf(xml).warnings).toEqual([warning])
  })

  it.each([
    ['', '12100'],
    ['hello', '12100'],
    ['<Response>', '12100'],
    ['<Response><Say>Tom & Jerry</Say></Response>', '12100'],
    ['<Response><Say>&nbsp;</Say></Response>', '12100'],
    ['<Response/><Response/>', '12100'],
    ['<!DOCTYPE x [<!ENTITY a "b">]><Response/>', '12100'],
    ['<response/>', '12102'],
  ])('%s: is refused with %s', (xml, code) => {
    expect(parseTwiml(xml)).toMatchObject({ is: 'unreadable', code })
  })
})
