import { classifyError, type ModelError, type ModelResponse } from '@toritsugi/realtime-protocol'
import type { Logger } from '@toritsugi/service-kit'
import type { BridgeCounts } from './bridge-metrics.ts'
import type { Ask } from './core/response-queue.ts'
import type { Floor } from './floor.ts'

/** What is done about responses that fail and events that are refused: silence is the worst answer. */
export type ModelTrouble = {
  /** @param ask ours, or null when the server made the response by itself */
  responseDone(response: ModelResponse, ask: Ask | null): void
  error(error: ModelError): void
}

/** Failures in a row after which the session is given up. */
const mostFailures = 3

export function modelTrouble(parts: {
  floor: Floor
  counts: BridgeCounts
  log: Logger
  isDraining(): boolean
  isGoodbye(ask: Ask | null): boolean
  sessionBroken(code: string, again: boolean): void
}): ModelTrouble {
  const { floor, counts, log, isDraining, isGoodbye, sessionBroken } = parts
  let failures = 0

  /** Asks for the same once more, unless it was tried often enough or would fail again. */
  const again = (ask: Ask | null, code: string, isFatal: boolean): void => {
    failures++
    if (isDraining() || isGoodbye(ask)) return
    if (isFatal || failures >= mostFailures) sessionBroken(code, !isFatal)
    else if (ask === null) floor.want('inject', null)
    else floor.want(ask.purpose, ask.instructions)
  }

  return {
    responseDone(response, ask) {
      if (response.status === 'completed') failures = 0
      if (response.status !== 'failed') return
      counts.modelErrors++
      const { error } = response
      const code = error?.code ?? error?.type ?? 'unknown'
      log.warn({ responseId: response.id, code, attempt: failures + 1 }, 'response failed')
      again(ask, code, error !== null && classifyError(error) === 'fatal')
    },
    error(error) {
      const kind = classifyError(error)
      const code = error.code ?? error.type
      if (kind === 'benign') {
        log.debug({ code }, 'model refused harmlessly')
        return
      }
      if (kind === 'busy' && floor.refused(error.eventId, true) !== null) return
      counts.modelErrors++
      log.warn({ code, param: error.param, of: error.eventId }, 'model refused')
      if (error.code === 'session_expired') {
        sessionBroken(code, true)
        return
      }
      const ask = floor.refused(error.eventId, false)
      if (ask !== null && error.param?.includes('metadata')) {
        // An endpoint that knows no metadata: its responses are told apart by their order.
        floor.leaveOutMetadata()
        floor.want(ask.purpose, ask.instructions)
      } else if (ask !== null && kind !== 'odd') again(ask, code, kind === 'fatal')
      else if (kind === 'fatal') sessionBroken(code, false)
    },
  }
}
