import { type ApiKeyId, newId, Scope } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'

export type StoredKey = { id: ApiKeyId; name: string; scope: Scope; expiresAt: string | null }

/** The key with this SHA-256, expired or not. */
export async function findKey(tx: Tx, keyHash: string): Promise<StoredKey | null> {
  const row = await tx.apiKey.findUnique({ where: { keyHash } })
  if (row === null) return null
  return {
    id: row.id as ApiKeyId,
    name: row.name,
    scope: Scope.parse(row.scope),
    expiresAt: row.expiresAt?.toISOString() ?? null,
  }
}

/**
 * Keeps the first key there is.
 * @returns false when there are keys already; of two that try at the same time one gets true
 */
export async function insertFirstKey(tx: Tx, keyHash: string): Promise<boolean> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('call_control/first-key', 0))`
  if ((await tx.apiKey.count()) > 0) return false
  await tx.apiKey.create({ data: { id: newId('key'), name: 'first key', keyHash, scope: 'admin' } })
  return true
}
