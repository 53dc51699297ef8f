import { describe, expect, it } from 'vitest'
import { publicUrlOf, streamUrlOf } from './public-url.ts'
import { signTwilioRequest, validateStreamSignature, validateTwilioSignature } from './signature.ts'
import { parseWebhookForm, webhookField } from './webhook-form.ts'

const authToken = '12345'

describe('signatures known from elsewhere', () => {
  it.each([
    [
      'https://mycompany.com/myapp.php?foo=1&bar=2',
      {
        CallSid: 'CA1234567890ABCDE',
        Caller: '+14158675309',
        Digits: '1234',
        From: '+14158675309',
        To: '+18005551212',
      },
      'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
    ],
    [
      'https://bridge.example.com/voice?x=1',
      { CallSid: 'CA1', From: '+14155550100', To: '+14155550101' },
      'ETtEeoaz4cEzNW+CaNrZedmGYIQ=',
    ],
    ['wss://bridge.example.com/media', {}, 'ASGyPT9kdDVOm79OxfQnw7HcSP8='],
  ])('%s', (url, params, signature) => {
    expect(validateTwilioSignature({ authToken, signature, url, params })).toBe(true)
    expect(signTwilioRequest({ authToken, url, params })).toBe(signature)
  })
})

describe('a form POST', () => {
  const url = 'https://calls.example.com/api/twilio/voice?x=%E3%81%82'
  const params = { CallSid: 'CA1', From: '+81312345678' }
  const signature = signTwilioRequest({ authToken, url, params })

  it.each([
    ['as it is', { authToken, signature, url, params }, true],
    [
      'with a port the carrier did not sign',
      { authToken, signature, url: url.replace('.com', '.com:443'), params },
      true,
    ],
    ['another field', { authToken, signature, url, params: { ...params, To: '+1' } }, false],
    ['a field less', { authToken, signature, url, params: { CallSid: 'CA1' } }, false],
    ['another query', { authToken, signature, url: `${url}&y=1`, params }, false],
    ['another host', { authToken, signature, url: url.replace('calls.', 'evil.'), params }, false],
    ['another path', { authToken, signature, url: url.replace('voice', 'status'), params }, false],
    ['another token', { authToken: '54321', signature, url, params }, false],
    [
      'no token',
      { authToken: '', signature: signTwilioRequest({ authToken: '', url, params }), url, params },
      false,
    ],
    ['no signature', { authToken, signature: undefined, url, params }, false],
    ['an empty signature', { authToken, signature: '', url, params }, false],
    ['a signature of another length', { authToken, signature: 'AAAA', url, params }, false],
    ['a signature that is no base64', { authToken, signature: '電話'.repeat(14), url, params }, false],
    ['an address that is none', { authToken, signature, url: '//', params }, false],
  ])('%s', (_, request, valid) => {
    expect(validateTwilioSignature(request)).toBe(valid)
  })

  it('keeps repeated and oddly named fields', () => {
    const form = parseWebhookForm('a=2&a=1&a=2&__proto__=x&constructor=y&e=')
    expect(form).not.toBeNull()
    if (form === null) return
    expect(Object.keys(form)).toEqual(['a', '__proto__', 'constructor', 'e'])
    const again = signTwilioRequest({ authToken, url, params: form })
    expect(validateTwilioSignature({ authToken, signature: again, url, params: form })).toBe(true)
    const { a: _, ...less } = form
    expect(validateTwilioSignature({ authToken, signature: again, url, params: less })).toBe(false)
    expect(webhookField(form, 'a')).toBe('2')
    expect(webhookField(form, 'e')).toBeUndefined()
    expect(webhookField(form, 'toString')).toBeUndefined()
  })

  it('refuses a form with more fields than any webhook', () => {
    expect(parseWebhookForm('a=1&'.repeat(301))).toBeNull()
    expect(parseWebhookForm('a=1&'.repeat(300))).not.toBeNull()
  })
})

describe('a GET', () => {
  it('is signed by its address alone', () => {
    const url = publicUrlOf('https://calls.example.com/', '/api/twilio/voice?CallSid=CA1&From=%2B813')
    const signature = signTwilioRequest({ authToken, url })
    expect(validateTwilioSignature({ authToken, signature, url })).toBe(true)
    expect(validateTwilioSignature({ authToken, signature, url: url.replace('CA1', 'CA2') })).toBe(false)
  })
})

describe('the upgrade of a stream', () => {
  const url = streamUrlOf('https://calls.example.com', '/api/twilio/media-stream/call_1')

  it('is taken with the exact address, or with a slash added', () => {
    expect(url).toBe('wss://calls.example.com/api/twilio/media-stream/call_1')
    for (const signed of [url, `${url}/`]) {
      const signature = signTwilioRequest({ authToken, url: signed })
      expect(validateStreamSignature({ authToken, signature, url })).toBe(true)
    }
  })

  it('is refused with anything else', () => {
    for (const signed of [
      url.replace('wss', 'https'),
      `${url}//`,
      `${url}?a=1`,
      url.replace('call_1', 'call_2'),
    ]) {
      const signature = signTwilioRequest({ authToken, url: signed })
      expect(validateStreamSignature({ authToken, signature, url })).toBe(false)
    }
    expect(validateStreamSignature({ authToken, signature: undefined, url })).toBe(false)
  })

  it('works on a port of its own, plain, for local use', () => {
    const local = streamUrlOf('http://localhost:8080', '/api/twilio/media-stream/call_1')
    expect(local).toBe('ws://localhost:8080/api/twilio/media-stream/call_1')
    const signature = signTwilioRequest({ authToken, url: local })
    expect(validateStreamSignature({ authToken, signature, url: local })).toBe(true)
  })
})
