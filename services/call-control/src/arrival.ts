import { type CallId, type Direction, newId } from '@toritsugi/contracts'
import { maskNumber } from '@toritsugi/telephony'
import { type Call, receiveCall } from './core/call.ts'

/** What a webhook says of the call it is about: enough to write the call down. */
export type Arrival = {
  callId: CallId
  carrierCallId: string
  direction: Direction
  /** In E.164; null when the caller hides it. */
  from: string | null
  to: string
  /** When the call was first heard of. */
  startedAt: string
}

/** The call as it is before anything happened to it. */
export function newCall(arrival: Arrival, contactId: Call['contactId']): Call {
  const { callId, from, to, ...rest } = arrival
  return receiveCall({
    ...rest,
    id: callId,
    from: from === null ? null : maskNumber(from),
    to: maskNumber(to),
    contactId,
    legId: newId('leg'),
  })
}
