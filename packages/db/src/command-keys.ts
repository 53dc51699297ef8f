import type { Tx } from './database.ts'
import { type ServiceSchema, table } from './schema-name.ts'
import { storableJson } from './storable.ts'

/**
 * Runs `make` for the first request with this key and stores its reply with its effect; a repeat gets that
 * first reply and no second effect. Of two that come at the same time the second waits for the first. When
 * `make` throws, the transaction takes the key back, and the command may be sent again.
 * @param make its reply must survive JSON
 */
export async function answerOnce<Reply>(
  tx: Tx,
  schema: ServiceSchema,
  key: string,
  make: () => Promise<Reply>,
): Promise<Reply> {
  const keys = table(schema, 'command_key')
  const added = await tx.$executeRaw`
    INSERT INTO ${keys} (key) VALUES (${key}) ON CONFLICT DO NOTHING`
  if (added === 0) {
    const [known] = await tx.$queryRaw<{ reply: Reply }[]>`SELECT reply FROM ${keys} WHERE key = ${key}`
    if (known === undefined) throw new Error('a command key vanished while it was answered')
    return known.reply
  }
  const reply = await make()
  await tx.$executeRaw`
    UPDATE ${keys} SET reply = ${storableJson(reply)}::jsonb WHERE key = ${key}`
  return reply
}

/** How long a command may be repeated and still get its first answer. */
export const commandKeepDays = 8

/** Forgets replies older than `commandKeepDays`. At most `limit` rows; returns how many. */
export async function pruneCommandKeys(tx: Tx, schema: ServiceSchema, limit = 1000): Promise<number> {
  const keys = table(schema, 'command_key')
  return tx.$executeRaw`
    DELETE FROM ${keys} WHERE key IN (
      SELECT key FROM ${keys}
      WHERE created_at < now() - make_interval(days => ${commandKeepDays}) LIMIT ${limit})`
}
