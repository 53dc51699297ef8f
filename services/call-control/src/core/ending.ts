import { type Blame, EndReason } from '@toritsugi/contracts'
import type { TerminalStatus } from './carrier-status.ts'

export type Ending = { readonly endReason: EndReason; readonly blame: Blame }

/** What of a call tells why it ended. */
export type Endable = {
  readonly epoch: number
  readonly intent: { readonly epoch: number; readonly what: string; readonly reason: string } | null
  readonly apologised: string | null
  readonly messageRecorded: boolean
  /** Null when no webhook of the call was ever answered. */
  readonly planned: object | null
}

/**
 * Why a call ended and whose doing it was.
 * @param status the carrier's last word; null when the carrier no longer knows the call
 */
export function decideEnding(call: Endable, status: TerminalStatus | null): Ending {
  if (status === null) return { endReason: 'carrier-lost', blame: 'carrier' }
  if (status === 'busy' || status === 'no-answer' || status === 'canceled') {
    return { endReason: status, blame: 'nobody' }
  }
  if (status === 'failed') return { endReason: 'failed', blame: 'carrier' }
  if (call.messageRecorded) return { endReason: 'message-taken', blame: blameOf(call.apologised) }
  if (call.apologised === 'no-capacity') return { endReason: 'no-capacity', blame: 'us' }
  if (call.apologised !== null) return { endReason: 'failed', blame: blameOf(call.apologised) }
  if (call.planned === null) return { endReason: 'failed', blame: 'us' }
  if (call.intent?.what === 'end' && call.intent.epoch === call.epoch) {
    const reason = EndReason.safeParse(call.intent.reason)
    return { endReason: reason.success ? reason.data : 'assistant-ended', blame: 'nobody' }
  }
  return { endReason: 'caller-hung-up', blame: 'nobody' }
}

/** Streams break in places that cannot be told apart from here; all other apologies are our own doing. */
function blameOf(apologised: string | null): Blame {
  if (apologised === null) return 'nobody'
  return apologised === 'streams-keep-failing' ? 'unknown' : 'us'
}
