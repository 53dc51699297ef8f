import type { CallId } from '@toritsugi/contracts'
import { decodeProtectedHeader, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { streamTokens } from './stream-token.ts'

const secret = 'a secret of thirty-two characters'
const claims = { callId: `call_${'0a'.repeat(16)}` as CallId, callSid: `CA${'1b'.repeat(16)}`, epoch: 3 }
const start = Date.parse('2026-11-21T05:00:00.000Z')

it('lasts a minute, is usable once, and says what it is for', async () => {
  const tokens = streamTokens(secret, () => start)
  const [one, two] = [await tokens.issue(claims), await tokens.issue(claims)]
  expect(one).not.toBe(two)
  expect(decodeProtectedHeader(one)).toEqual({ alg: 'HS256' })
  const read = await tokens.readOpened(one)
  expect(read).toEqual({ ...claims, jti: expect.stringMatching(/^[\w-]{16}$/), exp: start / 1000 + 60 })
})

it('fits into a parameter of the carrier, whatever it says', async () => {
  const degraded = {
    from: '+123456789012345',
    to: '+123456789012345',
    startedAt: '2026-11-21T05:00:00.000Z',
  }
  const token = await streamTokens(secret).issue({ ...claims, epoch: 999_999, degraded })
  expect(`token${token}`.length).toBeLessThan(500)
  expect(await streamTokens(secret).readOpened(token)).toMatchObject({ degraded })
})

it('may still ask for its plan as long as a call can last, not longer', async () => {
  const token = await streamTokens(secret, () => start).issue(claims)
  const later = (s: number) => streamTokens(secret, () => start + s * 1000).readOpened(token)
  await expect(later(14_000)).resolves.toMatchObject(claims)
  await expect(later(14_500)).rejects.toMatchObject({ code: 'token.invalid' })
})

it('is refused when it is not ours', async () => {
  const tokens = streamTokens(secret)
  const foreign = await streamTokens('another secret of thirty-two chars').issue(claims)
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${foreign.split('.')[1]}.`
  const stranger = await new SignJWT({ sub: 'x' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(secret))
  for (const token of [foreign, unsigned, stranger, '', 'a.b.c', 'x'.repeat(3000)]) {
    await expect(tokens.readOpened(token)).rejects.toMatchObject({ code: 'token.invalid' })
  }
})
