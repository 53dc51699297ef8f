import type { Envelope } from '@toritsugi/contracts'
import { storableJson, type Tx } from '@toritsugi/db'

/** Adds facts to their calls' timelines; one that is there is left as it is. */
export async function addToTimeline(tx: Tx, facts: readonly Envelope[]): Promise<void> {
  if (facts.length === 0) return
  await tx.$executeRaw`
    INSERT INTO "call_control"."timeline_entry" (id, call_id, at, source, sequence, type, data)
    SELECT id, subject, time, source, sequence, type, data
    FROM jsonb_to_recordset(${storableJson(facts)}::jsonb) AS fact(
      id text, subject text, time timestamptz, source text, sequence int, type text, data jsonb)
    WHERE subject IS NOT NULL
    ON CONFLICT DO NOTHING`
}
