import { expect, it } from 'vitest'
import { connectStreamTwiml, emptyTwiml, hangUpTwiml, sayAndHangUpTwiml, takeMessageTwiml } from './twiml.ts'

const stream = {
  continueUrl: 'https://calls.example.com/api/twilio/calls/call_1/continue',
  streamUrl: 'wss://calls.example.com/api/twilio/media-stream/call_1',
  statusCallbackUrl: 'https://calls.example.com/api/twilio/calls/call_1/stream-status',
  parameters: { token: 'a.b.c' },
}
const body = (xml: string) => xml.replace(/^<\?xml[^>]*\?>/, '')

it('connects a stream and goes on to the same place however it ends', () => {
  expect(body(connectStreamTwiml(stream))).toBe(
    '<Response>' +
      '<Connect action="https://calls.example.com/api/twilio/calls/call_1/continue" method="POST">' +
      '<Stream url="wss://calls.example.com/api/twilio/media-stream/call_1"' +
      ' statusCallback="https://calls.example.com/api/twilio/calls/call_1/stream-status"' +
      ' statusCallbackMethod="POST"><Parameter name="token" value="a.b.c"/></Stream></Connect>' +
      '<Redirect method="POST">https://calls.example.com/api/twilio/calls/call_1/continue</Redirect>' +
      '</Response>',
  )
})

it('refuses what the carrier would drop', () => {
  expect(() => connectStreamTwiml({ ...stream, parameters: { token: 'x'.repeat(495) } })).toThrow(RangeError)
  expect(() => connectStreamTwiml({ ...stream, parameters: { token: 'x'.repeat(494) } })).not.toThrow()
  expect(() => connectStreamTwiml({ ...stream, streamUrl: `${stream.streamUrl}?token=1` })).toThrow(
    RangeError,
  )
})

it('hangs up, or says nothing at all', () => {
  expect(body(hangUpTwiml())).toBe('<Response><Hangup/></Response>')
  expect(body(emptyTwiml())).toBe('<Response/>')
})

it('speaks in the language it is given', () => {
  expect(body(sayAndHangUpTwiml({ text: 'A & B', language: 'en-US' }))).toBe(
    '<Response><Say language="en-US" voice="Polly.Joanna-Neural">A &amp; B</Say><Hangup/></Response>',
  )
  expect(body(sayAndHangUpTwiml({ text: 'Hej', language: 'sv-SE' }))).toBe(
    '<Response><Say language="sv-SE">Hej</Say><Hangup/></Response>',
  )
})

it('leaves out what XML cannot carry', () => {
  const xml = sayAndHangUpTwiml({ text: 'a\u0000b\uD83Dc\u001Bd 😀', language: 'en-US' })
  expect(xml).toContain('>ab\uFFFDcd 😀</Say>')
})

it('takes a message, and says goodbye to who leaves none', () => {
  const xml = takeMessageTwiml({
    apology: '申し訳ございません。',
    apologyLanguage: 'ja-JP',
    goodbyeLanguage: 'ja-JP',
    recordedUrl: 'https://calls.example.com/api/twilio/calls/call_1/message',
    goodbye: '失礼いたします。',
    maxSeconds: 120,
  })
  expect(body(xml)).toBe(
    '<Response><Say language="ja-JP" voice="Polly.Kazuha-Neural">申し訳ございません。</Say>' +
      '<Record action="https://calls.example.com/api/twilio/calls/call_1/message" method="POST"' +
      ' maxLength="120" timeout="5" finishOnKey="#" playBeep="true"/>' +
      '<Say language="ja-JP" voice="Polly.Kazuha-Neural">失礼いたします。</Say><Hangup/></Response>',
  )
})
