import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { busVariables, databaseVariables, listenHost, serviceVariables } from './common-config.ts'
import {
  ConfigError,
  configVariables,
  envExample,
  flag,
  maskedConfig,
  milliseconds,
  readConfig,
  secret,
} from './config.ts'

const schema = z.object({
  ...serviceVariables(8081),
  ...busVariables,
  ...databaseVariables,
  STREAM_TOKEN_SECRET: secret(32).describe('Signs stream tokens'),
  RING_TIMEOUT_MS: milliseconds(1000, 60_000).default(25_000).describe('How long a phone rings'),
  VERBOSE: flag().default(false),
})
const token = 'abcdefghijklmnopqrstuvwxyz012345'
const env = {
  NATS_URL: 'nats://127.0.0.1:4222',
  DATABASE_URL: 'postgres://handoff:hunter22@127.0.0.1:5432/toritsugi',
  STREAM_TOKEN_SECRET: token,
}

describe('readConfig', () => {
  it('reads, fills in defaults and freezes', () => {
    const config = readConfig(schema, { ...env, VERBOSE: 'yes', PORT: '9000', HOME: '/root' })
    expect(config).toMatchObject({
      PORT: 9000,
      RING_TIMEOUT_MS: 25_000,
      VERBOSE: true,
      PROFILE: 'production',
    })
    expect(config).not.toHaveProperty('HOME')
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('names every wrong variable at once, and no secret value', () => {
    const wrong = {
      NATS_URL: ' ',
      DATABASE_URL: 'mysql://secret',
      STREAM_TOKEN_SECRET: 'tooshort',
      PORT: '0',
      RING_TIMEOUT_MS: '25s',
      VERBOSE: 'perhaps',
    }
    const error = (() => {
      try {
        return readConfig(schema, wrong)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(ConfigError)
    const { wrong: found, message } = error as ConfigError
    expect(found.map(({ variable }) => variable).sort()).toEqual(Object.keys(wrong).sort())
    expect(message).toContain('NATS_URL: is not set')
    expect(message).toContain('DATABASE_URL: must be postgres://')
    expect(message).toContain('STREAM_TOKEN_SECRET: must have at least 32 characters')
    expect(message).not.toContain('tooshort')
    expect(message).not.toContain('secret\n')
  })

  it('tells what rules over several variables say', () => {
    const pair = z
      .object({ A: z.string().optional(), B: z.string().optional() })
      .refine((c) => (c.A === undefined) === (c.B === undefined), {
        error: 'A and B go together',
        path: ['B'],
      })
    expect(() => readConfig(pair, { A: 'x' })).toThrow('B: A and B go together')
  })
})

describe('the configuration that is shown', () => {
  it('has its secrets masked, also behind optional and default', () => {
    const shown = maskedConfig(schema, readConfig(schema, { ...env, NATS_PASSWORD: 'sesame' }))
    expect(shown).toMatchObject({
      NATS_URL: 'nats://127.0.0.1:4222',
      NATS_USER: null,
      NATS_PASSWORD: '[secret]',
      STREAM_TOKEN_SECRET: '[secret]',
      DATABASE_URL: '[secret]',
    })
    expect(JSON.stringify(shown)).not.toMatch(/sesame|hunter22|abcdefgh/)
  })

  it('has passwords in addresses masked', () => {
    const shown = maskedConfig(
      schema,
      readConfig(schema, { ...env, NATS_URL: 'nats://user:sesame@host:4222' }),
    )
    expect(shown.NATS_URL).toBe('nats://user:[secret]@host:4222')
  })

  it('is listed for documents', () => {
    const variables = configVariables(schema)
    expect(variables.find(({ name }) => name === 'RING_TIMEOUT_MS')).toEqual({
      name: 'RING_TIMEOUT_MS',
      description: 'How long a phone rings',
      secret: false,
      required: false,
      default: '25000',
    })
    expect(variables.find(({ name }) => name === 'STREAM_TOKEN_SECRET')).toEqual({
      name: 'STREAM_TOKEN_SECRET',
      description: 'Signs stream tokens',
      secret: true,
      required: true,
    })
    expect(variables.find(({ name }) => name === 'NATS_PASSWORD')).toMatchObject({
      secret: true,
      required: false,
    })
  })

  it('makes .env.example, each variable once', () => {
    const text = envExample([
      { name: 'handoff', schema },
      { name: 'transcript', schema: z.object({ ...serviceVariables(8085) }) },
    ])
    expect(text.match(/PORT=/g)).toHaveLength(1)
    expect(text).toContain('# required, secret; used by handoff\nSTREAM_TOKEN_SECRET=\n')
    expect(text).toContain('# RING_TIMEOUT_MS=25000')
    expect(text).toContain('used by handoff, transcript')
  })
})

describe('where a service listens', () => {
  it.each([
    [{ PROFILE: 'local' as const }, '127.0.0.1'],
    [{ PROFILE: 'local' as const, HOST: 'localhost' }, 'localhost'],
    [{ PROFILE: 'production' as const }, '0.0.0.0'],
    [{ PROFILE: 'production' as const, HOST: '10.0.0.1' }, '10.0.0.1'],
  ])('%o: %s', (config, host) => {
    expect(listenHost(config)).toBe(host)
  })

  it('is the loopback only in the local profile', () => {
    expect(() => listenHost({ PROFILE: 'local', HOST: '0.0.0.0' })).toThrow('loopback only')
  })
})
