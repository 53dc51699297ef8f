import { type CallId, type Envelope, newId, type TurnId } from '@toritsugi/contracts'
import {
  appendFacts,
  applyOnce,
  clearTimer,
  type Database,
  type DueTimer,
  type NewFact,
  setTimer,
  storableText,
  type Tx,
} from '@toritsugi/db'
import type { Step } from '@toritsugi/machine'
import type { StreamRecord } from './core/assemble.ts'
import { step, type TranscriptCommand, type TranscriptState } from './core/transcript.ts'
import type { TurnRecord } from './core/turn-record.ts'
import type { TranscriptStore } from './transcript-runner.ts'

const schema = 'transcript'
const consumer = 'transcript'
const timerKind = 'last-facts'

/** Transcripts in Postgres. */
export function transcriptStore(db: Database): TranscriptStore {
  return {
    change: (callId, messageId, decide) =>
      db.inTransaction(async (tx) => {
        let done: Step<TranscriptState, TranscriptCommand> | null = null
        const change = async () => {
          done = await changeTranscript(tx, callId, decide)
        }
        if (messageId === null) await change()
        else await applyOnce(tx, schema, consumer, messageId, change)
        return done
      }),
    // One snapshot, so that what is shown fits together.
    find: (callId) => db.inTransaction((tx) => loadTranscript(tx, callId), { isolation: 'RepeatableRead' }),
  }
}

/** Acts on the deadline for the last facts of a call; returns the transcript when it was completed by it. */
export async function expireLastFacts(tx: Tx, timer: DueTimer): Promise<TranscriptState | null> {
  if (timer.kind !== timerKind) throw new Error(`no such timer: ${timer.kind}`)
  const { callId } = timer.body as { callId: CallId }
  const done = await changeTranscript(tx, callId, (state) => step(state, { type: 'lastFacts.expired' }))
  return done.commands.length > 0 ? done.state : null
}

/** Locks the call's transcript (made when there is none), steps it, and saves what differs. */
async function changeTranscript(
  tx: Tx,
  callId: CallId,
  decide: (state: TranscriptState) => Step<TranscriptState, TranscriptCommand>,
): Promise<Step<TranscriptState, TranscriptCommand>> {
  const before = await lockTranscript(tx, callId)
  const done = decide(before)
  await saveTranscript(tx, before, done.state)
  for (const command of done.commands) await obey(tx, callId, command)
  return done
}

async function obey(tx: Tx, callId: CallId, command: TranscriptCommand): Promise<void> {
  const key = `${timerKind}:${callId}`
  switch (command.type) {
    case 'publish':
      await appendFacts(tx, schema, [completedFact(callId, command.data)])
      return
    case 'awaitLastFacts':
      await setTimer(tx, schema, {
        key,
        kind: timerKind,
        dueAt: new Date(Date.now() + command.ms),
        body: { callId },
      })
      return
    case 'stopAwaiting':
      await clearTimer(tx, schema, key)
      return
  }
}

function completedFact(callId: CallId, data: Envelope['data']): NewFact {
  return {
    specversion: '1.0',
    id: newId('evt'),
    type: 'transcript.completed',
    source: '/transcript',
    subject: callId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  }
}

type Row = {
  streamsExpected: number | null
  completedAt: Date | null
  complete: boolean
  missing: string[]
  utterances: number | null
}

async function lockTranscript(tx: Tx, callId: CallId): Promise<TranscriptState> {
  // One statement: setting the key to itself locks the row and gives it back.
  const [row] = await tx.$queryRaw<Row[]>`
    INSERT INTO transcript.transcript AS known (call_id) VALUES (${callId})
    ON CONFLICT (call_id) DO UPDATE SET call_id = known.call_id
    RETURNING streams_expected AS "streamsExpected", completed_at AS "completedAt", complete, missing,
      utterances`
  if (row === undefined) throw new Error('a transcript vanished while it was locked')
  return withParts(tx, callId, row)
}

async function loadTranscript(tx: Tx, callId: CallId): Promise<TranscriptState | null> {
  const row = await tx.transcript.findUnique({ where: { callId } })
  return row === null ? null : withParts(tx, callId, row)
}

async function withParts(tx: Tx, callId: CallId, row: Row): Promise<TranscriptState> {
  const streams = await tx.transcriptStream.findMany({ where: { callId } })
  const turns = await tx.utterance.findMany({ where: { callId } })
  return {
    callId,
    streamsExpected: row.streamsExpected,
    streams: streams.map(
      (stream): StreamRecord => ({
        epoch: stream.epoch,
        startedAt: stream.startedAt?.getTime() ?? null,
        endedAt: stream.endedAt?.getTime() ?? null,
        turns: stream.turns as TurnId[],
      }),
    ),
    turns: turns.map(
      ({ callId: _, streamStartAt, ...turn }): TurnRecord => ({
        ...turn,
        turnId: turn.turnId as TurnId,
        by: turn.by as TurnRecord['by'],
        form: turn.form as TurnRecord['form'],
        words: turn.words as TurnRecord['words'],
        streamStartAt: streamStartAt?.getTime() ?? null,
      }),
    ),
    completed:
      row.completedAt === null
        ? null
        : {
            utterances: row.utterances ?? 0,
            complete: row.complete,
            missing: row.missing as TurnId[],
          },
  }
}

/** Writes the parts that are not the very objects that were loaded. */
async function saveTranscript(tx: Tx, before: TranscriptState, after: TranscriptState): Promise<void> {
  const { callId } = after
  if (after.streamsExpected !== before.streamsExpected || after.completed !== before.completed) {
    await tx.transcript.update({
      where: { callId },
      data: {
        streamsExpected: after.streamsExpected,
        ...(after.completed === null ? {} : { completedAt: new Date(), ...after.completed }),
      },
    })
  }
  for (const stream of after.streams.filter((one) => !before.streams.includes(one))) {
    const { epoch } = stream
    const data = {
      startedAt: dateOrNull(stream.startedAt),
      endedAt: dateOrNull(stream.endedAt),
      turns: [...stream.turns],
    }
    await tx.transcriptStream.upsert({
      where: { callId_epoch: { callId, epoch } },
      create: { callId, epoch, ...data },
      update: data,
    })
  }
  for (const turn of after.turns.filter((one) => !before.turns.includes(one))) {
    const { turnId, streamStartAt, text, ...rest } = turn
    const data = {
      ...rest,
      text: text === null ? null : storableText(text),
      streamStartAt: dateOrNull(streamStartAt),
    }
    await tx.utterance.upsert({
      where: { callId_turnId: { callId, turnId } },
      create: { callId, turnId, ...data },
      update: data,
    })
  }
}

const dateOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
