import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { signatureOf } from './signature.ts'
import { deliveryOf } from './webhook-url.ts'

const TOKEN = '12345'

describe('signatures', () => {
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
      { To: '+14155550101', CallSid: 'CA1', From: '+14155550100' },
      'ETtEeoaz4cEzNW+CaNrZedmGYIQ=',
    ],
    ['wss://bridge.example.com/media', {}, 'ASGyPT9kdDVOm79OxfQnw7HcSP8='],
  ])('%s has the known one', (url, params, expected) => {
    expect(signatureOf(TOKEN, url, params as Record<string, string>)).toBe(expected)
  })

  it('leave the fragment out, and satisfy the official SDK with any letters', () => {
    const url = 'https://example.com/voice?name=%E6%97%A5&x=a+b'
    const params = { Text: '日本 & +', Aé: '', B: '1' }
    const signature = signatureOf(TOKEN, `${url}#rc=2`, params)
    expect(signature).toBe(signatureOf(TOKEN, url, params))
    expect(twilio.validateRequest(TOKEN, signature, url, params)).toBe(true)
  })
})

describe('delivery overrides in a URL', () => {
  const limits = { webhookConnectMs: 5000, webhookTotalMs: 15_000 }
  it('are read, within their bounds', () => {
    expect(deliveryOf('https://a.example/#ct=2000&rt=99999&tt=9000&rc=3&rp=4xx,5xx', limits)).toEqual({
      connectMs: 2000,
      readMs: 15_000,
      totalMs: 9000,
      retries: 3,
      retryOn: new Set(['4xx', '5xx']),
    })
  })

  it('default to two connects in 5 s each and 15 s in all', () => {
    expect(deliveryOf('https://a.example/', limits)).toEqual({
      connectMs: 5000,
      readMs: 15_000,
      totalMs: 15_000,
      retries: 1,
      retryOn: new Set(['ct']),
    })
  })

  it('need an absolute web address', () => {
    for (const url of ['/voice', 'ftp://a', '', 'wss://a']) expect(deliveryOf(url, limits)).toBeUndefined()
  })
})
