import type { Tx } from '@toritsugi/db'

/**
 * Gives every repeat of a request the first one's document. Of two that come at the same time the second waits
 * for the first. `make` runs in this transaction, for the first only.
 * @param key what makes two requests the same
 */
export async function answerWebhookOnce(tx: Tx, key: string, make: () => Promise<string>): Promise<string> {
  const added = await tx.$executeRaw`
    INSERT INTO "call_control"."webhook_answer" (key) VALUES (${key}) ON CONFLICT DO NOTHING`
  if (added === 0) {
    const answer = await findWebhookAnswer(tx, key)
    if (answer === null) throw new Error('a webhook was stored without its answer')
    return answer
  }
  const answer = await make()
  await tx.$executeRaw`UPDATE "call_control"."webhook_answer" SET answer = ${answer} WHERE key = ${key}`
  return answer
}

export async function findWebhookAnswer(tx: Tx, key: string): Promise<string | null> {
  const row = await tx.webhookAnswer.findUnique({ where: { key }, select: { answer: true } })
  return row?.answer ?? null
}

/** Forgets answers a day after their call can have ended; at most `limit`. Returns how many. */
export async function pruneWebhookAnswers(tx: Tx, limit = 1000): Promise<number> {
  return tx.$executeRaw`
    DELETE FROM "call_control"."webhook_answer" WHERE key IN (
      SELECT key FROM "call_control"."webhook_answer"
      WHERE created_at < now() - interval '2 days' LIMIT ${limit})`
}
