import type { CallId, EventId } from '@toritsugi/contracts'

const lookEachMs = 15

/**
 * Waits until the dialogue of a call holds everything that the stream held when this was asked, but never longer
 * than `limitMs`: a caller waits on the line.
 * @returns whether it does
 */
export function createCatchUp(deps: {
  /** The ids of the last stored facts of the call that the dialogue is made of. */
  lastStored(callId: CallId): Promise<EventId[]>
  haveApplied(ids: readonly EventId[]): Promise<boolean>
  log: { warn(fields: object, message: string): void }
  limitMs?: number
}): (callId: CallId) => Promise<boolean> {
  const { lastStored, haveApplied, log, limitMs = 500 } = deps

  const untilApplied = async (callId: CallId, over: AbortSignal): Promise<boolean> => {
    const ids = await lastStored(callId)
    while (!over.aborted) {
      if (await haveApplied(ids)) return true
      await pause(lookEachMs)
    }
    return false
  }

  return async (callId) => {
    const over = AbortSignal.timeout(limitMs)
    const late = new Promise<boolean>((resolve) => over.addEventListener('abort', () => resolve(false)))
    const caughtUp = await Promise.race([
      late,
      untilApplied(callId, over).catch((err: unknown) => {
        log.warn({ err, callId }, 'stream cannot be asked for its end')
        return false
      }),
    ])
    if (!caughtUp) log.warn({ callId, ms: limitMs }, 'dialogue may lack its last words')
    return caughtUp
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
