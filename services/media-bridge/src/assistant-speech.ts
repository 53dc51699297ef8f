import { base64Bytes, type DeltaScan, type Mark } from '@toritsugi/realtime-protocol'
import type { BridgeCounts } from './bridge-metrics.ts'
import { cutReply, type ReplyCut } from './core/barge-in.ts'
import { audioCame } from './core/heard-text.ts'
import {
  clearPlayback,
  deltaSent,
  heardOf,
  isHeard,
  isSilent,
  markEchoed,
  marksGivenUp,
  type Playback,
  queuedMs,
  silentPlayback,
} from './core/playback.ts'
import { type StreamClock, streamNow } from './core/stream-clock.ts'
import type { LiveResponse } from './live-response.ts'
import { type SpokenItem, spokenItems } from './spoken-items.ts'

export type SpeechEars = {
  /** The first audio of an item left. @param startMs stream ms at which it will be heard */
  begun(item: SpokenItem, startMs: number, receivedAt: number): void
  /** An item was heard to its end. @param heardMs all of it */
  heard(item: SpokenItem, heardMs: number): void
  /** An item was cut off; words after `heardMs` were not heard. */
  cut(item: SpokenItem, heardMs: number): void
}

/** The assistant's audio on its way to the caller, and what became of it. */
export type AssistantSpeech = {
  delta(bytes: Buffer, found: DeltaScan, receivedAt: number): void
  mark(mark: Mark): void
  /** Some of an item's words, which come before their audio. */
  words(responseId: string, itemId: string, delta: string): SpokenItem | undefined
  /** All of them. */
  wordsDone(itemId: string, text: string): void
  item(itemId: string): SpokenItem | undefined
  audioDone(itemId: string): void
  /** Items of a response that exist at the model and of which nothing was sent. */
  unsent(response: LiveResponse): string[]
  /** No more of it comes. */
  responseDone(response: LiveResponse): void
  /** The caller speaks into it. Clears at once; the items' ends are told by `tellCut`. */
  cut(isProtected: boolean): ReplyCut & { items: { item: SpokenItem; heardMs: number }[] }
  tellCut(items: readonly { item: SpokenItem; heardMs: number }[]): void
  /** Nothing more is sent to the caller. */
  mute(): void
  queuedMs(): number
  isSilent(): boolean
  /** Stream ms of the last audio that was heard. */
  lastHeardAtMs(): number
  /** Looks for marks that must have been lost. */
  tick(): void
}

const mostText = 20_000

export function assistantSpeech(parts: {
  clock: StreamClock
  counts: BridgeCounts
  carrier: { send(source: Buffer, start: number, end: number, mark: Mark): void; clear(): void }
  /** The response a delta names; undefined when it is not known here. */
  responseOf(id: string): LiveResponse | undefined
  ears: SpeechEars
}): AssistantSpeech {
  const { clock, counts, carrier, ears } = parts
  const playback: Playback = silentPlayback()
  const items = spokenItems(playback, parts.responseOf)
  const mark: Mark = { generation: 0, response: 0, item: 0, ms: 0 }
  let muted = false
  const streamMs = () => streamNow(clock, performance.now())

  const tellHeard = (item: SpokenItem): void => {
    if (item.told || !item.over || !isHeard(playback, item.ordinal)) return
    const heardMs = Math.floor(item.sentBytes / 8)
    items.forget(item)
    if (heardMs > 0) ears.heard(item, heardMs)
  }

  return {
    delta(bytes, found, receivedAt) {
      const length = base64Bytes(bytes, found.audioStart, found.audioEnd)
      const item = items.ofDelta(bytes, found)
      if (item === undefined || length < 0) {
        counts.dropped['late-delta']++
        return
      }
      item.bytes += length
      item.response.audioMs += length / 8
      if (item.response.cancelled || item.told || muted) {
        counts.dropped[muted ? 'muted' : 'late-delta']++
        return
      }
      const before = Math.floor(item.sentBytes / 8)
      item.sentBytes += length
      const ms = Math.floor(item.sentBytes / 8)
      const at = streamMs()
      mark.generation = playback.generation
      mark.response = item.response.ordinal
      mark.item = item.ordinal
      mark.ms = ms
      carrier.send(bytes, found.audioStart, found.audioEnd, mark)
      deltaSent(playback, item.ordinal, ms - before, ms, at)
      audioCame(item.spoken, ms)
      counts.framesOut++
      if (before > 0 || ms === 0) return
      item.response.spoke = true
      ears.begun(item, playback.items.get(item.ordinal)?.startMs ?? Math.round(at), receivedAt)
    },
    mark(echo) {
      if (!markEchoed(playback, echo, streamMs())) {
        counts.marksIgnored++
        return
      }
      counts.marksEchoed++
      for (const item of items.untold()) {
        if (item.ordinal > echo.item) break
        tellHeard(item)
      }
    },
    words(responseId, itemId, delta) {
      const item = items.of(responseId, itemId)
      if (item === undefined || item.told || item.spoken.text.length > mostText) return undefined
      item.spoken.text += delta
      item.response.textLength += delta.length
      return item
    },
    wordsDone(itemId, text) {
      const item = items.known(itemId)
      if (item === undefined || item.told) return
      item.spoken.text = text.slice(0, mostText)
      item.spoken.textDone = true
    },
    item: items.known,
    audioDone(itemId) {
      const item = items.known(itemId)
      if (item === undefined) return
      item.over = true
      item.spoken.audioDone = true
      // Its last words may still come; the end of the response tells it.
    },
    unsent: (response) =>
      items
        .all()
        .flatMap((item) =>
          item.response === response && item.bytes > 0 && item.sentBytes === 0 && !item.told
            ? item.itemId
            : [],
        ),
    responseDone(response) {
      for (const item of items.all()) {
        if (item.response !== response) continue
        item.over = true
        item.spoken.audioDone = true
        item.spoken.textDone = true
        if (item.sentBytes === 0 || item.told) items.forget(item)
        else tellHeard(item)
      }
    },
    cut(isProtected) {
      const at = streamMs()
      const unheard = items.all().map((item) => ({
        item,
        itemId: item.itemId,
        audioMs: item.bytes / 8,
        heardMs: heardOf(playback, item.ordinal, at),
        over: item.over,
      }))
      const reply = cutReply({ isProtected, queuedMs: queuedMs(playback, at), items: unheard })
      if (reply.clear) carrier.clear()
      if (isProtected) return { ...reply, items: [] }
      if (reply.clear) clearPlayback(playback, at)
      const cut = unheard.filter(({ item, heardMs }) => !item.over || heardMs < item.sentBytes / 8)
      return { ...reply, items: cut.map(({ item, heardMs }) => ({ item, heardMs })) }
    },
    tellCut(cut) {
      for (const { item, heardMs } of cut) {
        if (item.told) continue
        const sent = item.sentBytes > 0
        items.cut(item)
        if (sent) ears.cut(item, heardMs)
      }
    },
    mute() {
      muted = true
    },
    queuedMs: () => queuedMs(playback, streamMs()),
    isSilent: () => isSilent(playback),
    lastHeardAtMs: () => playback.lastHeardAtMs,
    tick() {
      if (!marksGivenUp(playback, streamMs())) return
      counts.marksGivenUp++
      for (const item of items.untold()) tellHeard(item)
    },
  }
}
