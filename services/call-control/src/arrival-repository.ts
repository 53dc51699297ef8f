import type { AssistantId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'
import type { Arrival } from './arrival.ts'

/** What is known of a call before it is answered. */
export type Known = {
  isPlanned: boolean
  isOver: boolean
  /** Who answers the number; null: the default assistant, which also answers numbers not known here. */
  assistantId: AssistantId | null
  /** The document given to this very request before. */
  answered: string | null
}

/** Looks up what is known of a call, in one statement: it stands before every first answer. */
export async function lookUpArrival(tx: Tx, arrival: Arrival, answerKey: string | null): Promise<Known> {
  const ours = arrival.direction === 'inbound' ? arrival.to : arrival.from
  const [known] = await tx.$queryRaw<Known[]>`
    SELECT
      coalesce(call.mode IS NOT NULL, false) AS "isPlanned",
      coalesce(call.state = 'ended', false) AS "isOver",
      (SELECT assistant_id FROM "call_control"."phone_number" WHERE number = ${ours}) AS "assistantId",
      (SELECT answer FROM "call_control"."webhook_answer" WHERE key = ${answerKey}) AS answered
    FROM (SELECT 1) AS one LEFT JOIN "call_control"."call" ON call.id = ${arrival.callId}`
  if (known === undefined) throw new Error('a look-up had no row')
  return known
}
