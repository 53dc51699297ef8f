import type { CallId, EventId } from '@toritsugi/contracts'
import { applyOnce, type Database, Prisma, storableJson, type Tx } from '@toritsugi/db'
import { lockCall } from './call-repository.ts'
import {
  assembleDialogue,
  type DialogueTool,
  type DialogueTurn,
  recordTool,
  recordTurn,
  type ToolFact,
  type TurnFact,
} from './core/dialogue.ts'
import type { DialogueFact } from './dialogue-events.ts'
import type { DialogueBefore } from './plan-commands.ts'
import { outputsOf } from './tool-run-repository.ts'

const schema = 'realtime_session'
const consumer = 'dialogue'

/** Takes one fact into the dialogue of its call, once. Returns false when it was there already. */
export function recordDialogue(db: Database, said: DialogueFact): Promise<boolean> {
  const fact = JSON.parse(storableJson(said)) as DialogueFact
  const { callId, eventId, sequence } = fact
  return db.inTransaction((tx) =>
    applyOnce(tx, schema, consumer, eventId, async () => {
      await lockCall(tx, callId)
      if (fact.type === 'tool.called' || fact.type === 'tool.answered') {
        await recordToolFact(tx, callId, fact, sequence)
      } else {
        await recordTurnFact(tx, callId, fact, sequence)
      }
    }),
  )
}

async function recordTurnFact(tx: Tx, callId: CallId, fact: TurnFact, sequence: number): Promise<void> {
  const { turnId } = fact.data
  const row = await tx.dialogueTurn.findUnique({ where: { callId_turnId: { callId, turnId } } })
  const known = row === null ? null : toTurn(row)
  const turn = recordTurn(known, fact, sequence)
  if (turn === known) return
  await tx.dialogueTurn.upsert({
    where: { callId_turnId: { callId, turnId } },
    create: { callId, ...turn },
    update: turn,
  })
}

async function recordToolFact(tx: Tx, callId: CallId, fact: ToolFact, sequence: number): Promise<void> {
  const { toolCallId } = fact.data
  const row = await tx.dialogueTool.findUnique({ where: { callId_toolCallId: { callId, toolCallId } } })
  const known = row === null ? null : toTool(row)
  const tool = recordTool(known, fact, sequence)
  if (tool === known) return
  await tx.dialogueTool.upsert({
    where: { callId_toolCallId: { callId, toolCallId } },
    create: { callId, ...tool },
    update: tool,
  })
}

/** Whether all of these messages have been taken into the dialogue. */
export function haveApplied(db: Database, ids: readonly EventId[]): Promise<boolean> {
  if (ids.length === 0) return Promise.resolve(true)
  return db.inTransaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ applied: bigint }[]>`
      SELECT count(*) AS applied FROM realtime_session.inbox
      WHERE consumer = ${consumer} AND message_id IN (${Prisma.join([...ids])})`
    return Number(row?.applied ?? 0) === ids.length
  })
}

export function dialogueBefore(db: Database): DialogueBefore {
  return (callId, epoch, language) =>
    db.inTransaction(
      async (tx) => {
        const where = { callId, epoch: { lt: epoch } }
        const turns = await tx.dialogueTurn.findMany({ where })
        const tools = await tx.dialogueTool.findMany({ where })
        const lacksOutput = tools.some((tool) => tool.output === null)
        return assembleDialogue({
          turns: turns.map(toTurn),
          tools: tools.map(toTool),
          beforeEpoch: epoch,
          language,
          outputs: lacksOutput ? await outputsOf(tx, callId) : new Map(),
        })
      },
      { isolation: 'RepeatableRead' },
    )
}

type TurnRow = Omit<DialogueTurn, 'by' | 'form' | 'words'> & {
  callId: string
  by: string | null
  form: string | null
  words: string
}

const toTurn = ({ callId: _, ...row }: TurnRow): DialogueTurn => ({
  ...row,
  by: row.by as DialogueTurn['by'],
  form: row.form as DialogueTurn['form'],
  words: row.words as DialogueTurn['words'],
})

type ToolRow = Omit<DialogueTool, 'outcome'> & { callId: string; outcome: string | null }

const toTool = ({ callId: _, ...row }: ToolRow): DialogueTool => ({
  ...row,
  outcome: row.outcome as DialogueTool['outcome'],
})
