import type { CallId, MessageId } from '@toritsugi/contracts'
import { storableText, type Tx } from '@toritsugi/db'

export type NewMessage = {
  id: MessageId
  callId: CallId
  form: 'recording' | 'dictated'
  text: string | null
  callerName: string | null
  callbackNumber: string | null
  carrierRecordingId: string | null
  durationMs: number | null
  takenAt: string
}

/** Keeps a message. @returns false when this recording was kept before */
export async function insertMessage(tx: Tx, message: NewMessage): Promise<boolean> {
  const said = (text: string | null) => (text === null ? null : storableText(text))
  const data = {
    ...message,
    text: said(message.text),
    callerName: said(message.callerName),
    callbackNumber: said(message.callbackNumber),
  }
  const added = await tx.message.createMany({ data: [data], skipDuplicates: true })
  return added.count === 1
}
