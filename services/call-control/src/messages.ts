import { type CallId, Fault, newId } from '@toritsugi/contracts'
import type { Twiml } from '@toritsugi/telephony'
import type { Arrival } from './arrival.ts'
import type { Played } from './call-runner.ts'
import type { CallEvent } from './core/call.ts'
import { within } from './deadline.ts'
import type { Documents } from './documents.ts'
import type { LateCalls } from './late-calls.ts'
import type { NewMessage } from './message-repository.ts'
import type { RecordedMessage } from './twilio-routes.ts'

export type RecordedEvent = Extract<CallEvent, { type: 'message.recorded' }>

export type MessagesDeps<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  receive(tx: Tx, arrival: Arrival): Promise<Played>
  insertMessage(tx: Tx, message: NewMessage): Promise<boolean>
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  late: Pick<LateCalls, 'note' | 'languageOf'>
  documents: Documents
  defaultLanguage: string
  /** Longest the database may take, ms. Default 1500. */
  databaseMs?: number
}

export type Messages<Tx> = {
  /** Keeps a recorded message, and says thank you. */
  keep(recorded: RecordedMessage): Promise<Twiml>
  /** Writes it down, once however often the carrier tells of it. */
  record(tx: Tx, callId: CallId, event: RecordedEvent): Promise<void>
}

/** Messages that callers left at the carrier. */
export function createMessages<Tx>(deps: MessagesDeps<Tx>): Messages<Tx> {
  const { inTransaction, receive, late, documents, defaultLanguage, databaseMs = 1500 } = deps

  const record = async (tx: Tx, callId: CallId, event: RecordedEvent): Promise<void> => {
    const { messageId, carrierRecordingId, durationMs, at } = event
    const isNew = await deps.insertMessage(tx, {
      id: messageId,
      callId,
      form: 'recording',
      text: null,
      callerName: null,
      callbackNumber: null,
      carrierRecordingId,
      durationMs,
      takenAt: at,
    })
    if (isNew) await deps.play(tx, callId, event)
  }

  const keepNow = (arrival: Arrival, event: RecordedEvent): Promise<string | null> =>
    inTransaction(async (tx) => {
      const { call } = await receive(tx, arrival)
      await record(tx, call.id, event)
      return call.planned?.language ?? null
    })

  return {
    record,
    async keep({ arrival, ...recorded }) {
      const event: RecordedEvent = { ...recorded, type: 'message.recorded', messageId: newId('msg') }
      let language: string | null
      try {
        language = await within(databaseMs, 'database.unavailable', keepNow(arrival, event))
      } catch (err) {
        if (!(err instanceof Fault) || err.code !== 'database.unavailable') throw err
        if (!late.note(arrival, event)) throw err
        language = late.languageOf(arrival.callId)
      }
      return documents.thanks(language ?? defaultLanguage)
    },
  }
}
