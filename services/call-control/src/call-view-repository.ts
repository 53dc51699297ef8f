import {
  Blame,
  type CallDetail,
  type CallId,
  type CallList,
  type CallState,
  CallSummary,
  Direction,
  EndReason,
  Mode,
} from '@toritsugi/contracts'
import type { Prisma, Tx } from '@toritsugi/db'
import type { z } from 'zod'
import { latenciesOf } from './core/latencies.ts'

export type CallFilter = {
  limit: number
  cursor: CallCursor | null
  state?: z.infer<typeof CallState> | undefined
  direction?: Direction | undefined
  mode?: Mode | undefined
}

/** The place of a call in the list: newest first, ids part those of the same millisecond. */
export type CallCursor = { startedAt: Date; id: string }

/** More than any call has; what goes beyond is not shown. */
const mostEntries = 5000

type CallRow = Prisma.CallGetPayload<object>

/** A page of calls, newest first. */
export async function listCalls(
  tx: Tx,
  filter: CallFilter,
): Promise<{ items: z.output<typeof CallList>['items']; next: CallCursor | null }> {
  const { limit, cursor, state, direction, mode } = filter
  const rows = await tx.call.findMany({
    where: {
      ...(state === undefined ? {} : { state }),
      ...(direction === undefined ? {} : { direction }),
      ...(mode === undefined ? {} : { mode }),
      ...(cursor === null
        ? {}
        : {
            OR: [
              { startedAt: { lt: cursor.startedAt } },
              { startedAt: cursor.startedAt, id: { lt: cursor.id } },
            ],
          }),
    },
    orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(summaryOf),
    next: rows.length > limit && last ? { startedAt: last.startedAt, id: last.id } : null,
  }
}

/** One call with everything that is shown of it; null when there is none. */
export async function findCall(tx: Tx, callId: CallId): Promise<z.output<typeof CallDetail> | null> {
  const row = await tx.call.findUnique({
    where: { id: callId },
    include: {
      messages: { orderBy: { takenAt: 'asc' } },
      timeline: { orderBy: [{ at: 'asc' }, { source: 'asc' }, { sequence: 'asc' }], take: mostEntries },
    },
  })
  if (row === null) return null
  const timeline = row.timeline.map((entry) => ({
    at: entry.at.toISOString(),
    type: entry.type,
    source: entry.source,
    data: entry.data as Record<string, unknown>,
  }))
  return {
    ...summaryOf(row),
    latencies: latenciesOf(timeline),
    cost: {
      modelMicroUsd: Number(row.modelMicroUsd),
      carrierMicroUsd: Number(row.carrierMicroUsd),
      totalMicroUsd: Number(row.modelMicroUsd + row.carrierMicroUsd),
      estimated: row.costEstimated,
    },
    messages: row.messages.map((message) => ({
      messageId: message.id as z.output<typeof CallDetail>['messages'][number]['messageId'],
      form: message.form === 'dictated' ? ('dictated' as const) : ('recording' as const),
      text: message.text,
      carrierRecordingId: message.carrierRecordingId,
      durationMs: message.durationMs,
      takenAt: message.takenAt.toISOString(),
    })),
    timeline,
  }
}

function summaryOf(row: CallRow): CallSummary {
  const { answeredAt, endedAt } = row
  return CallSummary.parse({
    id: row.id,
    direction: Direction.parse(row.direction),
    state: row.state,
    // Undecided for the moment between the first word of a call and its plan.
    mode: row.mode === null ? 'realtime' : Mode.parse(row.mode),
    modeReason: row.modeReason ?? 'undecided',
    from: row.fromNumber,
    to: row.toNumber,
    contactId: row.contactId,
    assistantId: row.assistantId,
    carrierCallId: row.carrierCallId,
    startedAt: row.startedAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    durationMs: endedAt === null ? null : Math.max(0, endedAt.getTime() - (answeredAt ?? endedAt).getTime()),
    endReason: row.endReason === null ? null : EndReason.parse(row.endReason),
    blame: row.blame === null ? null : Blame.parse(row.blame),
    degraded: row.degraded,
    costMicroUsd: Number(row.modelMicroUsd + row.carrierMicroUsd),
  })
}
