import { channelOf, type Envelope, Envelope as EnvelopeSchema } from '@toritsugi/contracts'
import type { Tx } from './database.ts'
import { Prisma } from './generated/client.ts'
import { type ServiceSchema, table, wakeChannel } from './schema-name.ts'
import { storableJson } from './storable.ts'

/** A fact that is yet to get its sequence. */
export type NewFact = Omit<Envelope, 'sequence'> & { sequence?: number }

/** What is put in a row's order: a call, or all facts of one source that are not about a call. */
export function laneOf(envelope: { subject?: string | undefined; source: string }): string {
  return envelope.subject ?? envelope.source
}

/**
 * Writes facts into the outbox of `schema`, in the transaction of the change they tell of, and wakes the relay
 * when it commits. Each gets the next `sequence` of its call and source: the call's lock is held until the
 * commit, so that rows become visible in the order of their numbers. A fact whose id is there already is left
 * as it is.
 * @returns the envelopes as they will be published, in the order given
 * @throws ZodError when an envelope or its data do not fit their schema: that is our own bug
 */
export async function appendFacts(
  tx: Tx,
  schema: ServiceSchema,
  facts: readonly NewFact[],
): Promise<Envelope[]> {
  if (facts.length === 0) return []
  for (const fact of facts) checkFact(fact)
  const outbox = table(schema, 'outbox')
  const lanes = [...new Set(facts.map(laneOf))].sort()
  // A statement sees what was committed when it began: the lock must be had before the next one begins.
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock(hashtextextended(${`${schema}/append/`} || lane, 0))
    FROM unnest(${lanes}::text[]) AS lane`
  const rows = facts.map((fact, index) => ({
    index,
    id: fact.id,
    lane: laneOf(fact),
    source: fact.source,
    envelope: fact,
  }))
  const numbered = await tx.$queryRaw<{ id: string; sequence: number }[]>`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${storableJson(rows)}::jsonb)
        AS row(index int, id text, lane text, source text, envelope jsonb)
      WHERE NOT EXISTS (SELECT 1 FROM ${outbox} known WHERE known.id = row.id)
    ), numbered AS (
      SELECT id, lane, source, envelope, index,
        (row_number() OVER (PARTITION BY lane, source ORDER BY index))::int
          + coalesce((SELECT max(sequence) FROM ${outbox} o
                      WHERE o.lane = given.lane AND o.source = given.source), 0) AS sequence
      FROM given
    ), added AS (
      INSERT INTO ${outbox} (id, lane, source, sequence, envelope)
      SELECT id, lane, source, sequence, jsonb_set(envelope, '{sequence}', to_jsonb(sequence))
      FROM numbered ORDER BY index
      RETURNING id, sequence
    ), told AS (
      SELECT pg_notify(${wakeChannel(schema, 'outbox')}, lane) FROM unnest(${lanes}::text[]) AS lane
    )
    SELECT id, sequence FROM added, (SELECT count(*) FROM told) AS woken
    UNION ALL
    SELECT id, sequence FROM ${outbox} WHERE id IN (${Prisma.join(facts.map((fact) => fact.id))})`
  const sequences = new Map(numbered.map((row) => [row.id, row.sequence]))
  return facts.map((fact) => {
    const sequence = sequences.get(fact.id)
    if (sequence === undefined) throw new Error(`fact ${fact.id} got no sequence`)
    return { ...fact, sequence }
  })
}

function checkFact(fact: NewFact): void {
  const envelope = EnvelopeSchema.parse({ ...fact, sequence: 1 })
  const channel = channelOf(envelope.type)
  if (channel === undefined) throw new Error(`there is no channel for facts of type ${envelope.type}`)
  channel.schema.parse(envelope.data)
}
