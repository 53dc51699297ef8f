import { encodeMulaw, speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { CALLER, OUR_NUMBER, useScene } from './carrier-under-test.ts'

const scene = useScene()

describe('a call', () => {
  it('is dialed in, streamed, redirected by the official SDK and ended', async () => {
    const { customer, sdk } = scene
    customer.pages['/voice'] = scene.connect({
      action: '/continue',
      attributes: ' statusCallback="/stream-status"',
      inner: '<Parameter name="token" value="opaque"/>',
    })
    customer.pages['/goodbye'] = '<Response><Say>Goodbye then</Say></Response>'
    const phone = scene.dial()
    const stream = await customer.waitForStream()
    await stream.waitFor('media')
    stream.media(encodeMulaw(speak('Hello, who is there?', 'assistant')))
    stream.mark('greeting')
    await phone.waitToHear(/who is there\?/)
    await stream.waitFor('mark')
    await phone.say('It is me.')
    await sdk.calls(phone.callSid).update({ url: `${customer.url}/goodbye` })
    await stream.waitFor('stop')
    await phone.waitToHear(/goodbye then/i)
    expect(await phone.waitForEnd()).toBe('other-side')

    const voice = customer.askedFor('/voice')[0]
    expect(voice?.params).toMatchObject({
      CallSid: phone.callSid,
      From: CALLER,
      To: OUR_NUMBER,
      CallStatus: 'ringing',
      Direction: 'inbound',
      ApiVersion: '2010-04-01',
      Caller: CALLER,
      FromCountry: 'US',
      ToCountry: 'JP',
    })
    expect(voice?.headers['i-twilio-idempotency-token']).toMatch(/^[0-9a-f-]{36}$/)
    expect(customer.askedFor('/goodbye')[0]?.params.CallStatus).toBe('in-progress')
    const status = await customer.waitForAsked('/status')
    expect(status.params).toMatchObject({
      CallSid: phone.callSid,
      CallStatus: 'completed',
      CallbackSource: 'call-progress-events',
      SequenceNumber: '0',
      SipResponseCode: '200',
      Duration: '1',
    })
    expect(Number(status.params.CallDuration)).toBeGreaterThan(0)
    expect(status.params.Timestamp).toMatch(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000$/)
    expect(customer.askedFor('/continue')).toEqual([])
    await customer.waitForAsked('/stream-status', 2)
    expect(customer.askedFor('/stream-status').map(({ params }) => params.StreamEvent)).toEqual([
      'stream-started',
      'stream-stopped',
    ])
    expect(customer.askedFor('/stream-status')[0]?.params).toMatchObject({
      StreamSid: stream.streamSid,
      StreamName: stream.streamSid,
      CallSid: phone.callSid,
    })
    // Nothing is told of the call itself.
    expect(customer.askedFor('/stream-status')[0]?.params).not.toHaveProperty('CallStatus')
  })

  it('to a number nobody has is not placed', async () => {
    const phone = scene.dial({ to: '+81399999999' })
    expect(await phone.waitForEnd()).toBe('unobtainable')
    expect(scene.carrier.calls.size).toBe(0)
  })

  it('that the caller gives up before it is answered is a no-answer', async () => {
    scene.customer.pages['/voice'] = '<Response><Pause length="5"/><Say>Hello</Say></Response>'
    const phone = scene.dial()
    await scene.customer.waitForAsked('/voice')
    phone.hangUp()
    const status = await scene.customer.waitForAsked('/status')
    expect(status.params).toMatchObject({ CallStatus: 'no-answer', CallDuration: '0' })
    expect(phone.state).toBe('over')
  })
})
