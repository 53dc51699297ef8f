import { type Bus, no, ok, type Reply } from '@toritsugi/bus'
import {
  type CallId,
  intendCall,
  type MessageId,
  newId,
  type ProblemCode,
  takeMessage,
  verifyKey,
} from '@toritsugi/contracts'
import { redact } from '@toritsugi/redact'
import type { z } from 'zod'
import type { Played } from './call-runner.ts'
import type { CallEvent } from './core/call.ts'
import type { NewMessage } from './message-repository.ts'

type Key = z.input<typeof verifyKey.reply>['key']

export type BusCommandsDeps<Tx> = {
  bus: Pick<Bus, 'answer'>
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `make` for the first command with this key; a repeat gets its reply. */
  answerOnce<Value>(tx: Tx, key: string, make: () => Promise<Value>): Promise<Value>
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  insertMessage(tx: Tx, message: NewMessage): Promise<boolean>
  findKey(keyHash: string): Promise<Key>
  now?: () => Date
}

/** Answers what other services ask of call-control over the bus. */
export function answerBusCommands<Tx>(deps: BusCommandsDeps<Tx>): void {
  const { bus, inTransaction, answerOnce, play, insertMessage, findKey, now = () => new Date() } = deps

  bus.answer(intendCall, (body, { key }) =>
    inTransaction((tx) =>
      answerOnce(tx, `intend:${key}`, async (): Promise<Reply<Record<string, never>>> => {
        const { callId, epoch, what, reason } = body
        const at = now().toISOString()
        const played = await play(tx, callId, { type: 'intent.asked', at, epoch, what, reason })
        if (played === null) return no('call.not-found')
        return played.refused === undefined ? ok({}) : no(played.refused as ProblemCode)
      }),
    ),
  )

  bus.answer(takeMessage, (body, { key }) =>
    inTransaction((tx) =>
      answerOnce(tx, `take-message:${key}`, async (): Promise<Reply<{ messageId: MessageId }>> => {
        const { callId, callerName, callbackNumber } = body
        const messageId = newId('msg')
        const text = redact(body.text)
        const at = now().toISOString()
        const played = await play(tx, callId, { type: 'message.dictated', at, messageId, text })
        if (played === null) return no('call.not-found')
        await insertMessage(tx, {
          id: messageId,
          callId,
          form: 'dictated',
          text,
          callerName,
          callbackNumber,
          carrierRecordingId: null,
          durationMs: null,
          takenAt: at,
        })
        return ok({ messageId })
      }),
    ),
  )

  bus.answer(verifyKey, async ({ keyHash }) => ok({ key: await findKey(keyHash) }))
}
