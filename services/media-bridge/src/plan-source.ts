import type { Bus } from '@toritsugi/bus'
import { type CallId, Fault, OpenReply, openSession } from '@toritsugi/contracts'

/** Where a stream gets its plan and the dialogue so far. */
export type PlanSource = {
  /** @throws Fault with the code of a refusal, or of what is away */
  open(asked: {
    callId: CallId
    epoch: number
    token: string
  }): Promise<{ reply: OpenReply; degraded: boolean }>
}

const busTimeoutMs = 2000
const httpTimeoutMs = 2000
const mostBytes = 4 * 1024 * 1024

/**
 * Asks realtime-session over the bus; while the bus or the service is away, call-control over private HTTP with
 * the stream's token, for the last plan it knows.
 */
export function planSource(options: { bus: Pick<Bus, 'request'>; callControlUrl: string }): PlanSource {
  const { bus, callControlUrl } = options
  return {
    async open({ callId, epoch, token }) {
      const reply = await bus.request(
        openSession,
        { callId, epoch },
        { key: `${callId}:${epoch}:open`, timeoutMs: busTimeoutMs },
      )
      if (reply.ok) return { reply: reply.value, degraded: false }
      const isAway = reply.code.startsWith('bus.') || reply.retryable
      if (!isAway) throw new Fault(reply.code, { detail: reply.message })
      return { reply: await fetchPlan(callControlUrl, callId, token), degraded: true }
    },
  }
}

async function fetchPlan(origin: string, callId: CallId, token: string): Promise<OpenReply> {
  const url = new URL(`/internal/v1/calls/${callId}/plan`, origin)
  let text: string
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(httpTimeoutMs),
    })
    if (!response.ok) {
      throw new Fault('service.unavailable', { detail: `call-control answered ${response.status}` })
    }
    text = await response.text()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('service.unavailable', { cause, detail: 'call-control cannot be reached' })
  }
  if (text.length > mostBytes) throw new Fault('service.unavailable', { detail: 'the plan is too large' })
  try {
    return OpenReply.parse(JSON.parse(text))
  } catch (cause) {
    throw new Fault('service.unavailable', { cause, detail: 'the plan is not one' })
  }
}
