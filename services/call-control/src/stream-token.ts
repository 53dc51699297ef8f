import { randomBytes } from 'node:crypto'
import { CallId, CarrierCallId, E164, Epoch, Fault, Instant } from '@toritsugi/contracts'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

/** How long a token may wait for its stream, s. */
export const tokenLifeSeconds = 60
/** The longest call of the carrier: so long a used token may still ask for its call's plan. */
const longestCallSeconds = 14_400

/** What the webhook said, in tokens that were handed out while the call could not be written down. */
const Degraded = z.object({ from: E164.nullable(), to: E164, startedAt: Instant })

const Claims = z.object({
  callId: CallId,
  callSid: CarrierCallId,
  epoch: Epoch,
  jti: z.string(),
  exp: z.number(),
  degraded: Degraded.optional(),
})
export type StreamClaims = z.infer<typeof Claims>

export type StreamTokens = {
  /** A token for one stream of one call, good for a minute. Its `jti` makes it usable once. */
  issue(claims: Pick<StreamClaims, 'callId' | 'callSid' | 'epoch' | 'degraded'>): Promise<string>
  /**
   * Reads a token that a stream was opened with, also after its minute, as long as a call may last.
   * @throws Fault `token.invalid`
   */
  readOpened(token: string): Promise<StreamClaims>
}

/** JWTs signed with HS256 by the secret that call-control and media-bridge share. */
export function streamTokens(secret: string, now: () => number = Date.now): StreamTokens {
  const key = new TextEncoder().encode(secret)
  return {
    issue: ({ callId, callSid, epoch, degraded }) =>
      new SignJWT({ callId, callSid, epoch, ...(degraded === undefined ? {} : { degraded }) })
        .setProtectedHeader({ alg: 'HS256' })
        .setJti(randomBytes(12).toString('base64url'))
        .setExpirationTime(Math.floor(now() / 1000) + tokenLifeSeconds)
        .sign(key),
    async readOpened(token) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          clockTolerance: longestCallSeconds,
          currentDate: new Date(now()),
        })
        return Claims.parse(payload)
      } catch (cause) {
        throw new Fault('token.invalid', { cause })
      }
    },
  }
}
