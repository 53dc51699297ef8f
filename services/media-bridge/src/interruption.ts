import type { AssistantSpeech } from './assistant-speech.ts'
import type { BridgeCounts } from './bridge-metrics.ts'
import type { Floor } from './floor.ts'
import type { LiveResponse } from './live-response.ts'
import type { PresentSession } from './present-session.ts'

/** How the assistant is stopped: at the carrier, and at the model. */
export type Interruption = {
  /**
   * Throws away what the caller has not heard; the carrier's `clear` goes out before anything else.
   * @param isKept what is being said is heard to its end
   * @returns whether something that was being heard was cut off
   */
  cutOff(isKept: boolean): boolean
  /** The model forgets the item from there on. */
  truncate(itemId: string, audioEndMs: number): void
  /** The model stops making this response. */
  cancel(response: LiveResponse): void
  /** The model stops, and so does what is heard. */
  stop(): void
}

export function interruption(parts: {
  speech: AssistantSpeech
  floor: Floor
  counts: BridgeCounts
  session: PresentSession
}): Interruption {
  const { speech, floor, counts, session } = parts

  const truncate = (itemId: string, audioEndMs: number): void => {
    // Items of a lost session are unknown to this one.
    if (speech.item(itemId)?.response.session !== session.number()) return
    counts.truncates++
    session.send({
      type: 'conversation.item.truncate',
      event_id: session.nextId('truncate'),
      item_id: itemId,
      content_index: 0,
      audio_end_ms: audioEndMs,
    })
  }

  const cutOff = (isKept: boolean): boolean => {
    const cut = speech.cut(isKept)
    if (cut.clear) counts.clears++
    if (isKept) return false
    for (const response of floor.running()) response.cancelled = true
    for (const { itemId, audioEndMs } of cut.truncate) truncate(itemId, audioEndMs)
    speech.tellCut(cut.items)
    return cut.clear
  }

  const cancel = (response: LiveResponse): void => {
    response.cancelled = true
    session.send({ type: 'response.cancel', event_id: session.nextId('cancel'), response_id: response.id })
  }

  return {
    cutOff,
    truncate,
    cancel,
    stop() {
      for (const response of floor.running()) cancel(response)
      cutOff(false)
    },
  }
}
