import { type ContactId, newId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'

/** The contact with this number, made when it is not known yet. */
export async function findOrCreateContact(tx: Tx, number: string, at: string): Promise<ContactId> {
  const [row] = await tx.$queryRaw<{ id: ContactId }[]>`
    INSERT INTO "call_control"."contact" (id, number, last_seen_at)
    VALUES (${newId('ctc')}, ${number}, ${new Date(at)})
    ON CONFLICT (number) DO UPDATE
      SET last_seen_at = greatest("contact".last_seen_at, excluded.last_seen_at)
    RETURNING id`
  if (row === undefined) throw new Error('a contact was neither found nor made')
  return row.id
}

/** Makes a number of ours, unless it is there. */
export async function ensurePhoneNumber(tx: Tx, number: string): Promise<void> {
  await tx.phoneNumber.createMany({ data: [{ id: newId('num'), number }], skipDuplicates: true })
}
