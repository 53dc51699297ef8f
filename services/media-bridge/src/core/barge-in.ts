/** One item of the assistant that the caller has not heard to its end. */
export type UnheardItem = {
  itemId: string
  /** Ms of its audio that exist at the model, as far as we were given them. */
  audioMs: number
  heardMs: number
  /** The model makes no more of it. */
  over: boolean
}

export type ReplyCut = {
  /** The carrier throws away what is queued. */
  clear: boolean
  /** What the model must forget, in spoken order. */
  truncate: { itemId: string; audioEndMs: number }[]
}

/**
 * The caller speaks into the assistant's speech: what is thrown away, and where the model's items are cut.
 * One that is still being made is cut where it was heard, since the model may have made more than came here.
 * An item without audio is left alone (there is nothing to truncate); no cut lies beyond the audio that exists
 * ("Realtime API: conversation.item.truncate").
 * @param isProtected goodbyes and notices are heard to their end, whoever speaks
 */
export function cutReply(speech: {
  isProtected: boolean
  queuedMs: number
  items: readonly UnheardItem[]
}): ReplyCut {
  if (speech.isProtected) return { clear: false, truncate: [] }
  const truncate = speech.items
    .filter(({ audioMs, heardMs, over }) => audioMs > 0 && (heardMs < audioMs || !over))
    .map(({ itemId, audioMs, heardMs }) => ({
      itemId,
      audioEndMs: Math.max(0, Math.min(Math.floor(heardMs), Math.floor(audioMs))),
    }))
  return { clear: speech.queuedMs > 0, truncate }
}
