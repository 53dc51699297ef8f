import { CallId, Fault, OpenReply } from '@toritsugi/contracts'
import type { Http } from '@toritsugi/service-kit'
import { z } from 'zod'
import type { StreamClaims } from './stream-token.ts'

export type PlanRoutesOptions = {
  /** @throws Fault `token.invalid` */
  readToken(token: string): Promise<StreamClaims>
  /** The plan as far as it is known here; null when it is not. */
  planOf(callId: CallId, claims: StreamClaims): Promise<OpenReply | null>
  /** The call is served without the bus. */
  markDegraded(claims: StreamClaims): void
}

/** Private, for pods of media-bridge while the bus is away: the plan of the call whose token they were shown. */
export async function planRoutes(app: Http, options: PlanRoutesOptions): Promise<void> {
  app.get(
    '/internal/v1/calls/:callId/plan',
    {
      schema: {
        hide: true,
        params: z.strictObject({ callId: CallId }),
        response: { 200: OpenReply },
      } as object,
    },
    async (request) => {
      const { callId } = request.params as { callId: CallId }
      const token = /^Bearer ([\w.-]{1,2000})$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) throw new Fault('token.invalid')
      const claims = await options.readToken(token)
      if (claims.callId !== callId) throw new Fault('token.invalid')
      const plan = await options.planOf(callId, claims)
      if (plan === null) throw new Fault('service.unavailable', { detail: 'no plan is known for this call' })
      options.markDegraded(claims)
      return plan
    },
  )
}
