import { CallId, CarrierCallId, Epoch, type Fault } from '@toritsugi/contracts'
import { errors, jwtVerify } from 'jose'
import { z } from 'zod'
import type { RefusedBecause } from './bridge-metrics.ts'

/** What a stream's token says. Minted by call-control when it tells the carrier to open the stream. */
export const StreamClaims = z.object({
  callId: CallId,
  callSid: CarrierCallId,
  epoch: Epoch,
  jti: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
  exp: z.number().int(),
  /** The call was taken while a part of the system was away. */
  degraded: z.unknown().optional(),
})
export type StreamClaims = z.infer<typeof StreamClaims>

export type TokenCheck =
  | { ok: true; claims: StreamClaims; token: string; degraded: boolean }
  | { ok: false; because: RefusedBecause }

export type TokenChecker = {
  check(given: { token: string | undefined; callId: string; callSid: string }): Promise<TokenCheck>
}

/** Where used tokens are remembered, by all pods: `create` is true for the first only. @throws Fault when away */
export type UsedTokens = { create(key: string, value: string): Promise<boolean> }

const longestLifeMs = 60_000
const clockToleranceS = 5
const mostRemembered = 10_000

/**
 * Checks signature, time, call and epoch of a token, and that it is used once: by an atomic create that every
 * pod sees, or, while the bus is away, by this pod's own memory.
 */
export function tokenChecker(options: {
  secret: string
  used: UsedTokens
  /** The bus is away: the token was accepted by signature and memory alone. */
  degraded(error: Fault | unknown): void
}): TokenChecker {
  const key = new TextEncoder().encode(options.secret)
  const seen = new Map<string, number>()

  const isFirstHere = (jti: string): boolean => {
    const now = Date.now()
    for (const [old, at] of seen) {
      if (now - at < 2 * longestLifeMs && seen.size < mostRemembered) break
      seen.delete(old)
    }
    if (seen.has(jti)) return false
    seen.set(jti, now)
    return true
  }

  return {
    async check({ token, callId, callSid }) {
      if (token === undefined || token === '') return { ok: false, because: 'token-missing' }
      let payload: unknown
      try {
        const verified = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          clockTolerance: clockToleranceS,
          requiredClaims: ['exp', 'jti'],
        })
        payload = verified.payload
      } catch (error) {
        return { ok: false, because: error instanceof errors.JWTExpired ? 'token-expired' : 'token-invalid' }
      }
      const claims = StreamClaims.safeParse(payload)
      if (!claims.success) return { ok: false, because: 'token-invalid' }
      const { jti, exp } = claims.data
      if (exp * 1000 > Date.now() + longestLifeMs + clockToleranceS * 1000) {
        return { ok: false, because: 'token-invalid' }
      }
      if (claims.data.callId !== callId || claims.data.callSid !== callSid) {
        return { ok: false, because: 'token-of-another-call' }
      }
      if (!isFirstHere(jti)) return { ok: false, because: 'token-used' }
      let degraded = claims.data.degraded !== undefined && claims.data.degraded !== false
      try {
        if (!(await options.used.create(jti, callId))) return { ok: false, because: 'token-used' }
      } catch (error) {
        degraded = true
        options.degraded(error)
      }
      return { ok: true, claims: claims.data, token, degraded }
    },
  }
}
