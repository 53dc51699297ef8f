import type { Envelope } from '@toritsugi/contracts'
import { storableJson, type Tx } from '@toritsugi/db'

/** Adds facts to their calls' timelines; one that is there is left as it is. */
export async function addToTimeline(tx: Tx, facts: readonly Envelope[]): Promise<void> {
  const rows = facts.flatMap((fact) =>
    fact.subject === undefined
      ? []
      : [
          {
            id: fact.id,
            callId: fact.subject,
            at: fact.time,
            source: fact.source,
            sequence: fact.sequence,
            type: fact.type,
            data: JSON.parse(storableJson(fact.data)),
          },
        ],
  )
  if (rows.length > 0) await tx.timelineEntry.createMany({ data: rows, skipDuplicates: true })
}
