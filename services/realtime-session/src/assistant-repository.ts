import { type Assistant, AssistantContent, type AssistantId } from '@toritsugi/contracts'
import { type Prisma, storableJson, type Tx } from '@toritsugi/db'

/** The assistant of calls that name none; it is made at the first start. */
export const defaultAssistantId = `asst_${'1'.padStart(32, '0')}` as AssistantId

/** The most assistants that are listed. */
const mostListed = 500

type Row = { assistantId: string; version: number; content: unknown; createdAt: Date }

/** Settings added since a version was written get their defaults. */
const toAssistant = (row: Row): Assistant => ({
  id: row.assistantId as AssistantId,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  content: AssistantContent.parse(row.content),
})

const asJson = (content: AssistantContent): Prisma.InputJsonObject => JSON.parse(storableJson(content))

export async function newestVersion(tx: Tx, id: AssistantId): Promise<Assistant | null> {
  const row = await tx.assistantVersion.findFirst({
    where: { assistantId: id },
    orderBy: { version: 'desc' },
  })
  return row === null ? null : toAssistant(row)
}

export async function findVersion(tx: Tx, id: AssistantId, version: number): Promise<Assistant | null> {
  const row = await tx.assistantVersion.findUnique({
    where: { assistantId_version: { assistantId: id, version } },
  })
  return row === null ? null : toAssistant(row)
}

/** Every assistant with its newest version, the oldest assistant first. */
export async function listNewest(tx: Tx): Promise<Assistant[]> {
  const rows = await tx.assistant.findMany({
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    take: mostListed,
    include: { versions: { orderBy: { version: 'desc' }, take: 1 } },
  })
  return rows.flatMap(({ versions }) => versions.map(toAssistant))
}

/** Adds a version; the ones before it stay as they are. Null: there is no such assistant. */
export async function addVersion(
  tx: Tx,
  id: AssistantId,
  content: AssistantContent,
): Promise<Assistant | null> {
  await tx.$executeRaw`SELECT 1 FROM realtime_session.assistant WHERE id = ${id} FOR UPDATE`
  const newest = await newestVersion(tx, id)
  if (newest === null) return null
  return toAssistant(
    await tx.assistantVersion.create({
      data: { assistantId: id, version: newest.version + 1, content: asJson(content) },
    }),
  )
}

/** Makes the default assistant unless there is one. Returns whether it was made. */
export async function ensureDefaultAssistant(tx: Tx, content: AssistantContent): Promise<boolean> {
  const made = await tx.$executeRaw`
    INSERT INTO realtime_session.assistant (id) VALUES (${defaultAssistantId}) ON CONFLICT DO NOTHING`
  if (made === 0) return false
  await tx.assistantVersion.create({
    data: { assistantId: defaultAssistantId, version: 1, content: asJson(content) },
  })
  return true
}
