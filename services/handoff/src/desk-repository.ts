import type { Desk, DeskId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'

/** The most desks that are listed. */
const mostListed = 500

/** Desks by name. */
export async function listDesks(tx: Tx): Promise<Desk[]> {
  const rows = await tx.desk.findMany({ orderBy: [{ name: 'asc' }, { id: 'asc' }], take: mostListed })
  return rows.map(({ createdAt: _, ...row }) => ({
    ...row,
    id: row.id as DeskId,
    answers: row.answers as Desk['answers'],
  }))
}
