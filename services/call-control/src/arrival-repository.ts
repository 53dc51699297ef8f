import type { AssistantId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'
import { type Arrival, newCall } from './arrival.ts'
import { insertCall, loadCall } from './call-repository.ts'
import { findAssistantOf, findOrCreateContact } from './contact-repository.ts'
import type { Call } from './core/call.ts'
import { findWebhookAnswer } from './webhook-answer-repository.ts'

/**
 * Finds the call of a webhook, or writes it down with its contact.
 * @returns the call, who answers its number, and the document given to this very request before
 */
export async function receiveArrival(
  tx: Tx,
  arrival: Arrival,
  answerKey: string | null,
): Promise<{ call: Call; assistantId: AssistantId | null; answered: string | null }> {
  const answered = answerKey === null ? null : await findWebhookAnswer(tx, answerKey)
  const call = (await loadCall(tx, arrival.callId))?.call ?? (await create(tx, arrival))
  const ours = arrival.direction === 'inbound' ? arrival.to : arrival.from
  const assistantId = call.planned !== null || ours === null ? null : await findAssistantOf(tx, ours)
  return { call, assistantId, answered }
}

/** Writes the call down, unless somebody else has done it in the meantime. */
async function create(tx: Tx, arrival: Arrival): Promise<Call> {
  const party = arrival.direction === 'inbound' ? arrival.from : arrival.to
  const contactId = party === null ? null : await findOrCreateContact(tx, party, arrival.startedAt)
  await insertCall(tx, newCall(arrival, contactId), arrival)
  const stored = await loadCall(tx, arrival.callId)
  if (stored === null) throw new Error(`call ${arrival.callId} was neither found nor made`)
  return stored.call
}
