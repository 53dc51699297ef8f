import { type DeltaScan, isExactly } from '@toritsugi/realtime-protocol'
import { type SpokenText, spokenText } from './core/heard-text.ts'
import { forgetItem, type Playback } from './core/playback.ts'
import type { LiveResponse } from './live-response.ts'

/** One item of the assistant that has audio. */
export type SpokenItem = {
  readonly itemId: string
  readonly ordinal: number
  readonly response: LiveResponse
  readonly key: Buffer
  /** Bytes of its audio that came from the model; the first `sentBytes` of them left for the carrier. */
  bytes: number
  sentBytes: number
  readonly spoken: SpokenText
  /** No more audio of it comes. */
  over: boolean
  /** Its end was told: heard, or cut. */
  told: boolean
}

/** The assistant's items while any of their audio matters here. */
export type SpokenItems = {
  /** The item that a delta names; undefined when nobody knows its response. */
  ofDelta(bytes: Buffer, found: DeltaScan): SpokenItem | undefined
  /** The same by its ids. An item that was not seen yet begins here. */
  of(responseId: string, itemId: string): SpokenItem | undefined
  known(itemId: string): SpokenItem | undefined
  /** All of them, also those that were cut and whose late deltas may still come. */
  all(): SpokenItem[]
  /** Those whose end is still to be told, in the order they began. May be forgotten on the way. */
  untold(): Iterable<SpokenItem>
  forget(item: SpokenItem): void
  /** Its end is told; late deltas of it are still to be known as its own, until its response is done. */
  cut(item: SpokenItem): void
}

/** @param responseOf the response a delta names; undefined when it is not known here */
export function spokenItems(
  playback: Playback,
  responseOf: (id: string) => LiveResponse | undefined,
): SpokenItems {
  const items = new Map<string, SpokenItem>()
  const byOrdinal = new Map<number, SpokenItem>()
  /** The item of the last delta: most likely that of the next one. */
  let current: SpokenItem | undefined
  let ordinal = 0

  const of = (responseId: string, itemId: string): SpokenItem | undefined => {
    const known = items.get(itemId)
    if (known !== undefined) return known
    const response = responseOf(responseId)
    if (response === undefined) return undefined
    const item: SpokenItem = {
      itemId,
      ordinal: ++ordinal,
      response,
      key: Buffer.from(itemId),
      bytes: 0,
      sentBytes: 0,
      spoken: spokenText(),
      over: response.done,
      told: false,
    }
    items.set(itemId, item)
    byOrdinal.set(item.ordinal, item)
    return item
  }

  return {
    ofDelta(bytes, found) {
      if (current !== undefined && isExactly(bytes, found.itemStart, found.itemEnd, current.key))
        return current
      const item = of(
        bytes.toString('utf8', found.responseStart, found.responseEnd),
        bytes.toString('utf8', found.itemStart, found.itemEnd),
      )
      if (item !== undefined) current = item
      return item
    },
    of,
    known: (itemId) => items.get(itemId),
    all: () => [...items.values()],
    untold: () => byOrdinal.values(),
    forget(item) {
      item.told = true
      items.delete(item.itemId)
      byOrdinal.delete(item.ordinal)
      forgetItem(playback, item.ordinal)
      if (current === item) current = undefined
    },
    cut(item) {
      item.told = true
      forgetItem(playback, item.ordinal)
      byOrdinal.delete(item.ordinal)
      if (item.response.done) items.delete(item.itemId)
    },
  }
}
