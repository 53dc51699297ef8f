import type { z } from 'zod'
import type { channels } from './channels.ts'
import type { Envelope } from './envelope.ts'
import type { CallId, EventId } from './ids.ts'

type AnyChannel = (typeof channels)[number]
export type FactType = AnyChannel['type']
/** What a fact of this type holds. */
export type FactData<Type extends FactType> = z.infer<Extract<AnyChannel, { type: Type }>['schema']>
/** Any fact, told apart by its type. */
export type Fact = { [Type in FactType]: { type: Type; data: FactData<Type> } }[FactType]

/**
 * Makes the envelope of a fact. The id, the time and the sequence are given, never made here.
 * @param source `/call-control`, or `/media-bridge/<epoch>`
 */
export function factEnvelope<Type extends FactType>(fact: {
  id: EventId
  type: Type
  source: string
  callId: CallId
  at: string
  sequence: number
  data: FactData<Type>
  causationId?: string
}): Envelope {
  return {
    specversion: '1.0',
    id: fact.id,
    type: fact.type,
    source: fact.source,
    subject: fact.callId,
    time: fact.at,
    datacontenttype: 'application/json',
    sequence: fact.sequence,
    ...(fact.causationId === undefined ? {} : { causationid: fact.causationId }),
    data: fact.data as Record<string, unknown>,
  }
}
