import type { CallId, MessageId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'

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
  const added = await tx.message.createMany({ data: [message], skipDuplicates: true })
  return added.count === 1
}
