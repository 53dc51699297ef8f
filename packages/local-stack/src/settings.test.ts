import { describe, expect, it } from 'vitest'
import { readSettings } from './settings.ts'

describe('what npm start is asked to do', () => {
  it('simulates everything on ports from 8080 when nothing is said', () => {
    expect(readSettings([], {})).toMatchObject({
      ports: { edge: 8080, callControl: 8081, carrier: 8086, model: 8087, postgres: 8088, nats: 8089 },
      once: false,
      noCall: false,
      realCarrier: false,
      realModel: false,
      publicUrl: 'http://localhost:8080',
    })
  })

  it('takes each real part by its own keys', () => {
    expect(
      readSettings(['--no-call'], { TORITSUGI_PORT_BASE: '19000', OPENAI_API_KEY: 'sk-x' }),
    ).toMatchObject({
      noCall: true,
      ports: { edge: 19_000, nats: 19_009 },
      realCarrier: false,
      realModel: true,
    })
    const twilio = {
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_AUTH_TOKEN: 't',
      PUBLIC_URL: 'https://calls.example.com/',
    }
    expect(readSettings([], twilio)).toMatchObject({
      realCarrier: true,
      realModel: false,
      publicUrl: 'https://calls.example.com',
    })
  })

  it('explains itself', () => {
    expect(readSettings(['--help'], {})).toBe('help')
  })

  it.each<[string[], Record<string, string>, RegExp]>([
    [['--onse'], {}, /Unknown option '--onse'.*See npm start -- --help\.$/],
    [['once'], {}, /Unexpected argument 'once'/],
    [['--once', '--no-call'], {}, /exclude each other/],
    [['--once'], { OPENAI_API_KEY: 'sk-x' }, /--once places a simulated call: unset/],
    [
      [],
      { TORITSUGI_PORT_BASE: '80' },
      /TORITSUGI_PORT_BASE is "80"; it has to be a number from 1024 to 65526\./,
    ],
    [[], { TORITSUGI_PORT_BASE: '65530' }, /TORITSUGI_PORT_BASE/],
    [[], { TORITSUGI_PORT_BASE: '8080x' }, /TORITSUGI_PORT_BASE/],
    [[], { TWILIO_ACCOUNT_SID: 'AC1' }, /TWILIO_ACCOUNT_SID is set but TWILIO_AUTH_TOKEN is not/],
    [[], { TWILIO_AUTH_TOKEN: 't' }, /TWILIO_AUTH_TOKEN is set but TWILIO_ACCOUNT_SID is not/],
    [[], { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 't' }, /PUBLIC_URL has to say where Twilio reaches/],
    [
      [],
      { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 't', PUBLIC_URL: 'calls.example.com/x' },
      /PUBLIC_URL is "calls\.example\.com\/x"; it has to be an address like/,
    ],
  ])('%j with %j is one clear sentence', (argv, env, sentence) => {
    expect(() => readSettings(argv, env)).toThrow(sentence)
  })
})
