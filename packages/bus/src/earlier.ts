import { type CallFamily, type CallId, callSubject, type Envelope } from '@toritsugi/contracts'
import { isMissing } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import { decodeEnvelope } from './envelope-codec.ts'

/** How many messages of one subject are looked at before the question is given up. */
const mostLookedAt = 200

/**
 * Whether the stream holds a message of the same call and source as `envelope`, wanted by this consumer, with a
 * lower `sequence`, stored after `position` and before `before`. Numbers alone cannot tell: a source numbers
 * all its facts, a consumer listens to some.
 */
export async function findEarlier(
  connection: Connection,
  asked: {
    stream: string
    families: readonly CallFamily[]
    wants(type: string, family: CallFamily): boolean
    envelope: Envelope
    position: number
    before: number
  },
): Promise<boolean> {
  const { stream, families, wants, envelope, before } = asked
  if (envelope.subject === undefined) return false
  for (const family of families) {
    const subject = callSubject(envelope.subject as CallId, family)
    let from = asked.position + 1
    for (let looked = 0; looked < mostLookedAt && from < before; looked++) {
      const found = await connection.jsm.direct
        .getMessage(stream, { seq: from, next_by_subj: subject })
        .catch((error: unknown) => {
          if (isMissing(error)) return null
          throw error
        })
      if (found === null || found.seq >= before) break
      const decoded = decodeEnvelope(found.data)
      if (
        decoded.is === 'fact' &&
        decoded.envelope.source === envelope.source &&
        decoded.envelope.sequence < envelope.sequence &&
        wants(decoded.channel.type, decoded.channel.family)
      ) {
        return true
      }
      from = found.seq + 1
    }
  }
  return false
}
