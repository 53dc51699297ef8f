import type { CallId } from '@toritsugi/contracts'
import type { CallEvent } from './core/call.ts'
import type { HeldCall } from './pods.ts'

/** Calls of a lost pod that are told so at once; the others follow. */
const parallel = 8

/** Tells the calls of a pod that is gone that their streams are over. */
export async function endStreamsOfPod(
  calls: readonly HeldCall[],
  deps: {
    perform(callId: CallId, event: CallEvent): Promise<unknown>
    warn(fields: object, message: string): void
    now(): Date
  },
): Promise<void> {
  const waiting = [...calls]
  const work = async (): Promise<void> => {
    for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
      const { callId, epoch } = call
      try {
        const at = deps.now().toISOString()
        await deps.perform(callId, { type: 'stream.over', at, epoch, because: 'pod-lost' })
      } catch (err) {
        deps.warn({ err, callId }, 'call of a lost pod cannot be told')
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}
