import { createHash } from 'node:crypto'
import type { CallId } from '@toritsugi/contracts'

/**
 * The id of a call that came in: always the same for one call of the carrier, so that whoever hears of it first,
 * with or without a database, gives it the same name.
 */
export function inboundCallId(carrierCallId: string): CallId {
  const digest = createHash('sha256').update(`inbound ${carrierCallId}`).digest('hex')
  return `call_${digest.slice(0, 32)}` as CallId
}
