import { encodeMulaw, speak } from '@toritsugi/audio'
import twilio from 'twilio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AUTH_TOKEN, type Customer, startCustomer } from './customer-under-test.ts'
import { type Carrier, startCarrier } from './start-carrier.ts'

const ACCOUNT_SID = `AC${'0'.repeat(32)}`
const OUR_NUMBER = '+81312345678'
const CALLER = '+14155550100'

let customer: Customer
let carrier: Carrier

beforeEach(async () => {
  customer = await startCustomer()
  carrier = await startCarrier({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    numbers: [
      {
        phoneNumber: OUR_NUMBER,
        voiceUrl: `${customer.url}/voice`,
        statusCallback: `${customer.url}/status`,
      },
    ],
    switches: { allowInsecureStreams: true },
  })
})

afterEach(async () => {
  await carrier.stop()
  await customer.stop()
})

const sdk = () => {
  const client = twilio(ACCOUNT_SID, AUTH_TOKEN)
  client.api.baseUrl = carrier.url
  return client
}

describe('a call', () => {
  it('is dialed in, streamed, redirected by the official SDK and ended', async () => {
    customer.pages['/voice'] = `<Response><Connect action="/continue">
      <Stream url="${customer.url.replace('http', 'ws')}/media" statusCallback="/stream-status">
        <Parameter name="token" value="opaque"/></Stream></Connect></Response>`
    customer.pages['/goodbye'] = '<Response><Say>Goodbye then</Say></Response>'
    const phone = carrier.phones.dialIn({ from: CALLER, to: OUR_NUMBER })
    const stream = await customer.waitForStream()
    expect(stream.isSigned).toBe(true)
    const start = await stream.waitFor('start')
    expect(start).toMatchObject({
      sequenceNumber: '1',
      start: { callSid: phone.callSid, customParameters: { token: 'opaque' } },
    })
    await stream.waitFor('media')

    stream.media(encodeMulaw(speak('Hello, who is there?', 'assistant')))
    stream.mark('greeting')
    await phone.waitToHear(/who is there\?/)
    await stream.waitFor('mark')

    await phone.say('It is me.')
    await sdk()
      .calls(phone.callSid)
      .update({ url: `${customer.url}/goodbye` })
    await stream.waitFor('stop')
    await phone.waitToHear(/goodbye then/i)
    expect(await phone.waitForEnd()).toBe('other-side')
    const status = await customer.waitForAsked('/status')
    expect(status.params).toMatchObject({
      CallStatus: 'completed',
      CallSid: phone.callSid,
      SequenceNumber: '0',
    })
    expect(customer.asked.every(({ isSigned }) => isSigned)).toBe(true)
    expect(customer.askedFor('/continue')).toEqual([])
    expect(carrier.debugger.entries).toEqual([])
  })
})
