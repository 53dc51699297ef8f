import type { CallId, ToolReply } from '@toritsugi/contracts'
import { type Database, storableJson, storableText, type Tx } from '@toritsugi/db'
import type { RunStore } from './tool-commands.ts'

/** Runs of tools in Postgres: begun once, answered once. */
export function runStore(db: Database): RunStore {
  const find = (tx: Tx, callId: CallId, toolCallId: string) =>
    tx.toolRun.findUniqueOrThrow({ where: { callId_toolCallId: { callId, toolCallId } } })
  return {
    begin: ({ callId, name, deadlineAt, ...run }) =>
      db.inTransaction(async (tx) => {
        const toolCallId = storableText(run.toolCallId)
        const made = await tx.$executeRaw`
          INSERT INTO realtime_session.tool_run (call_id, tool_call_id, name, deadline_at)
          VALUES (${callId}, ${toolCallId}, ${storableText(name)}, ${deadlineAt}) ON CONFLICT DO NOTHING`
        if (made === 1) return { is: 'begun' }
        const row = await find(tx, callId, toolCallId)
        return row.reply === null
          ? { is: 'running', deadlineAt: row.deadlineAt }
          : { is: 'answered', reply: row.reply as ToolReply }
      }),
    answer: ({ callId, reply, ...run }) =>
      db.inTransaction(async (tx) => {
        const toolCallId = storableText(run.toolCallId)
        // The first answer stands.
        await tx.toolRun.updateMany({
          where: { callId, toolCallId, endedAt: null },
          data: { reply: JSON.parse(storableJson(reply)), endedAt: new Date() },
        })
        return (await find(tx, callId, toolCallId)).reply as ToolReply
      }),
  }
}

/** The outputs of a call's answered runs, by toolCallId. */
export async function outputsOf(tx: Tx, callId: CallId): Promise<Map<string, string>> {
  const rows = await tx.toolRun.findMany({ where: { callId, endedAt: { not: null } } })
  return new Map(rows.map((row) => [row.toolCallId, (row.reply as ToolReply).output]))
}
