import { Fault } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { createLogger } from './logger.ts'

function logging(level = 'info') {
  const lines: string[] = []
  const log = createLogger({ service: 'test', level, destination: { write: (line) => lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> }
}

describe('a line of the log', () => {
  it('is JSON with service, level, time and fields', () => {
    const { log, last } = logging()
    log.child({ callId: 'call_1' }).info({ from: 'ringing', to: 'answered', ms: 12 }, 'call answered')
    expect(last()).toMatchObject({
      service: 'test',
      level: 'info',
      callId: 'call_1',
      from: 'ringing',
      to: 'answered',
      ms: 12,
      msg: 'call answered',
    })
    expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  const masked: [string, unknown, string][] = [
    ['a number', { from: '+819012345678' }, '+81••••••••78'],
    ['a number in an address', { url: '/calls?to=%2B14155550100' }, '%2B14•••••••00'],
    ['a number deep inside', { call: { legs: [{ to: '+14155550100' }] } }, '+14•••••••00'],
    ['a card number', { text: 'card 4111 1111 1111 1111' }, '▇▇▇▇'],
    ['an authorization header', { headers: { authorization: 'Bearer abc' } }, '[secret]'],
    ['a token', { token: 'abc' }, '[secret]'],
    ['a key of several words', { twilioAuthToken: 'abc', OPENAI_API_KEY: 'abc' }, '[secret]'],
    ['an error', { err: new Error('no route to +819012345678') }, '+81••••••••78'],
    [
      'the cause of an error',
      { err: new Fault('carrier.refused', { cause: new Error('+819012345678') }) },
      '+81••••••••78',
    ],
  ]
  it.each(masked)('masks %s', (_name, fields, expected) => {
    const { log, lines } = logging()
    log.info(fields, 'done')
    expect(lines[0]).toContain(expected)
    expect(lines[0]).not.toMatch(/12345678|4155550100|1111 1111|abc/)
  })

  it('masks messages and bound fields', () => {
    const { log, lines } = logging()
    log.child({ to: '+819012345678' }).warn('dialing +819012345678')
    expect(lines[0]).not.toContain('9012345678')
  })

  it('keeps ids, times and counts as they are', () => {
    const { log, last } = logging()
    const fields = {
      callId: 'call_0123456789abcdef0123456789abcdef',
      at: '2026-11-21T08:00:00.000Z',
      tokens: 12,
      inputTokens: 3,
    }
    log.info(fields, 'usage recorded')
    expect(last()).toMatchObject(fields)
  })

  it('keeps the code of a fault and its cause', () => {
    const { log, last } = logging()
    log.error({ err: new Fault('bus.timed-out', { cause: new Error('deep') }) }, 'failed')
    expect(last().err).toMatchObject({ code: 'bus.timed-out', cause: { message: 'deep' } })
  })

  it('survives a circle and a buffer', () => {
    const { log, lines } = logging()
    const circle: Record<string, unknown> = { audio: new Uint8Array(160) }
    circle.self = circle
    log.info(circle, 'odd')
    expect(lines[0]).toContain('[160 bytes]')
    expect(lines[0]).toContain('[too deep]')
  })
})
