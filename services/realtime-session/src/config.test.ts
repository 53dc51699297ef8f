import { ConfigError, configVariables, readConfig } from '@toritsugi/service-kit'
import { describe, expect, it } from 'vitest'
import { modelOrNull, pricesOf, privateHostsOf, sessionConfig } from './config.ts'
import { priceUsage } from './core/price.ts'

const given = { NATS_URL: 'nats://127.0.0.1:4222', DATABASE_URL: 'postgres://a:b@127.0.0.1/toritsugi' }
const read = (env: Record<string, string> = {}) => readConfig(sessionConfig, { ...given, ...env })

describe('the configuration', () => {
  it('has a default for everything but the servers', () => {
    expect(read()).toMatchObject({
      PROFILE: 'production',
      REALTIME_ENABLED: true,
      OPENAI_REALTIME_MODEL: 'gpt-realtime-2.1',
      OPENAI_TRANSCRIPTION_MODEL: 'gpt-4o-mini-transcribe',
      DEFAULT_LANGUAGE: 'ja-JP',
    })
    expect(
      configVariables(sessionConfig)
        .filter((v) => v.required)
        .map((v) => v.name),
    ).toEqual(['NATS_URL', 'DATABASE_URL'])
  })

  it('says what each of its variables is for', () => {
    for (const { name, description } of configVariables(sessionConfig)) {
      expect(description, name).not.toBe('')
    }
  })

  it('names every wrong variable at once', () => {
    const wrong = {
      REALTIME_ENABLED: 'perhaps',
      DEFAULT_LANGUAGE: 'Japanese please',
      MODEL_PRICES: '{"mine":',
      CARRIER_INBOUND_USD_PER_MINUTE: '-1',
    }
    try {
      read(wrong)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      expect(error.wrong.map(({ variable }) => variable).sort()).toEqual(Object.keys(wrong).sort())
    }
    expect(() => read({ MODEL_PRICES: '{"mine":{"text":{"in":-1}}}' })).toThrow(/MODEL_PRICES/)
  })

  it('replaces prices by model', () => {
    const config = read({ MODEL_PRICES: '{"mine":{"audio":{"in":1,"cached":0,"out":2}}}' })
    const tokens = {
      textIn: 0,
      textInCached: 0,
      audioIn: 0,
      audioInCached: 0,
      imageIn: 0,
      imageInCached: 0,
      textOut: 0,
      audioOut: 10,
    }
    const usage = { kind: 'response' as const, tokens, seconds: null }
    expect(priceUsage(pricesOf(config), { ...usage, model: 'mine' })).toEqual({ microUsd: 20, known: true })
    expect(priceUsage(pricesOf(config), { ...usage, model: 'gpt-realtime-2.1' }).microUsd).toBe(640)
  })

  it('lets tools into closed networks only where it is said, or in the local profile', () => {
    expect(privateHostsOf(read())).toEqual([])
    expect(privateHostsOf(read({ PROFILE: 'local' }))).toEqual(['*'])
    expect(privateHostsOf(read({ HTTP_TOOL_PRIVATE_HOSTS: 'CRM.internal, stock.internal,' }))).toEqual([
      'crm.internal',
      'stock.internal',
    ])
    expect(privateHostsOf(read({ PROFILE: 'local', HTTP_TOOL_PRIVATE_HOSTS: 'crm.internal' }))).toEqual([
      'crm.internal',
    ])
  })

  it('takes "none" for no model', () => {
    expect(modelOrNull('none')).toBeNull()
    expect(modelOrNull('gpt-realtime-2.1')).toBe('gpt-realtime-2.1')
  })
})
