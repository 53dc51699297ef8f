import type { Bus } from '@toritsugi/bus'
import { takeMessage } from '@toritsugi/contracts'
import { ExponentialBackoff, handleWhenResult, retry } from 'cockatiel'
import type { KeepMessage } from './tools/take-message.ts'

const eachTimeoutMs = 3000

type Log = { warn(fields: object, message: string): void }

/**
 * Asks call-control to keep a message. It is asked again while it is not there; the key makes that harmless.
 */
export function keepOverBus(bus: Pick<Bus, 'request'>, log: Log): KeepMessage {
  const policy = retry(
    handleWhenResult((reply) => {
      const { ok, retryable } = reply as { ok: boolean; retryable?: boolean }
      return !ok && retryable === true
    }),
    { maxAttempts: 3, backoff: new ExponentialBackoff({ initialDelay: 150, maxDelay: 1000 }) },
  )
  return async (message, key, signal) => {
    const reply = await policy.execute(
      () => bus.request(takeMessage, message, { key, timeoutMs: eachTimeoutMs }),
      signal,
    )
    if (!reply.ok) log.warn({ callId: message.callId, code: reply.code }, 'message was not kept')
    return reply.ok
  }
}
