import type { Bus } from '@toritsugi/bus'
import { type CallId, intendCall } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { Intent } from './core/stream.ts'

const mostTries = 3
const pauseMs = 200

/**
 * Commits what happens when the stream ends, before it is closed. Tried a few times; when nobody takes it, the
 * stream is closed all the same, and the carrier's next question finds a loss.
 */
export async function commitIntent(
  bus: Pick<Bus, 'request'>,
  { callId, epoch, intent, log }: { callId: CallId; epoch: number; intent: Intent; log: Logger },
): Promise<void> {
  const { what, reason } = intent
  for (let tries = 1; intent.committed !== true && tries <= mostTries; tries++) {
    const reply = await bus.request(
      intendCall,
      { callId, epoch, what, reason: reason.slice(0, 100) },
      { key: `${callId}:${epoch}:intend` },
    )
    if (reply.ok) return
    log.warn({ code: reply.code, what, attempt: tries }, 'intent not committed')
    if (!reply.retryable) return
    await new Promise((resolve) => setTimeout(resolve, pauseMs * tries))
  }
}
