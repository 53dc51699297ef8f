import { maskedConfig, readConfig } from '@toritsugi/service-kit'
import { expect, it } from 'vitest'
import { callControlConfig } from './config.ts'

const env = {
  NATS_URL: 'nats://127.0.0.1:4222',
  DATABASE_URL: 'postgres://call_control:hunter22@127.0.0.1/toritsugi',
  PUBLIC_URL: 'https://calls.example.com/',
  STREAM_TOKEN_SECRET: 'a secret of thirty-two characters',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'auth-token',
}

it('is read, and shown without its secrets', () => {
  const config = readConfig(callControlConfig, env)
  expect(config).toMatchObject({
    PUBLIC_URL: 'https://calls.example.com',
    TWILIO_API_URL: 'https://api.twilio.com',
    DEFAULT_LANGUAGE: 'ja-JP',
    PORT: 8081,
  })
  expect(JSON.stringify(maskedConfig(callControlConfig, config))).not.toMatch(
    /hunter22|auth-token|thirty-two/,
  )
})

it.each([
  ['TWILIO_AUTH_TOKEN', undefined],
  ['STREAM_TOKEN_SECRET', undefined],
  ['STREAM_TOKEN_SECRET', 'short'],
  ['TWILIO_ACCOUNT_SID', 'SK00000000000000000000000000000000'],
  ['PUBLIC_URL', 'https://calls.example.com/path'],
  ['PUBLIC_URL', 'ftp://calls.example.com'],
  ['PUBLIC_URL', 'http://calls.example.com'],
  ['DEFAULT_PHONE_NUMBER', '03-1234-5678'],
])('does not start with %s %s', (name, value) => {
  expect(() => readConfig(callControlConfig, { ...env, [name]: value })).toThrow(name)
})

it('may be plain http in the local profile', () => {
  const local = { ...env, PROFILE: 'local', PUBLIC_URL: 'http://localhost:8080' }
  expect(readConfig(callControlConfig, local).PUBLIC_URL).toBe('http://localhost:8080')
})
