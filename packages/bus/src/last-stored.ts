import { type CallFamily, type CallId, callSubject, type EventId } from '@toritsugi/contracts'
import { asBusFault, isMissing } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import { decodeEnvelope } from './envelope-codec.ts'

/**
 * The ids of the last stored facts of a call, one for each of the families that has any: whoever has applied
 * these has seen what was said so far.
 * @throws Fault `bus.…` when the stream cannot be asked
 */
export async function lastStored(
  connection: Connection,
  callId: CallId,
  families: readonly CallFamily[],
): Promise<EventId[]> {
  try {
    connection.assertConnected()
    const found = await Promise.all(families.map((family) => lastOf(connection, callId, family)))
    return found.filter((id) => id !== null)
  } catch (error) {
    throw asBusFault(error)
  }
}

async function lastOf(connection: Connection, callId: CallId, family: CallFamily): Promise<EventId | null> {
  const found = await connection.jsm.direct
    .getMessage('CALLS', { last_by_subj: callSubject(callId, family) })
    .catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
  if (found === null) return null
  const decoded = decodeEnvelope(found.data)
  return decoded.is === 'fact' ? decoded.envelope.id : null
}
