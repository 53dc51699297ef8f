import type { Duplex } from 'node:stream'
import {
  type CarrierFrames,
  carrierFrames,
  carrierLayouts,
  isBase64,
  isExactly,
  type Mark,
  newCarrierScan,
  readMark,
  scanCarrierMessage,
} from '@toritsugi/realtime-protocol'
import type { RawData, WebSocket } from 'ws'
import type { BadInput, BridgeCounts } from './bridge-metrics.ts'
import { type CarrierMessage, type CarrierStart, readCarrierMessage } from './carrier-messages.ts'
import { FrameWriter } from './frame-writer.ts'

export type FrameTaker = {
  /** The base64 text from `start` to `end` is a frame of the caller that began at `timestampMs`. Not to be kept. */
  frame(bytes: Buffer, start: number, end: number, timestampMs: number): void
}

/** Told what comes from the carrier, in order. */
export type CarrierEars = {
  /** @returns who takes the caller's frames */
  started(start: CarrierStart): FrameTaker
  /** Not to be kept. */
  mark(mark: Mark): void
  digit(digit: string): void
  stopped(): void
  /** The socket is gone; `stopped` may have come before. */
  closed(code: number): void
  /** A bug of ours in handling a message: this call is lost, the others are not. */
  broke(error: unknown): void
}

/** The carrier's socket of one stream. */
export type TwilioStream = {
  /** Sends audio with its mark, in one write. Only after `started`. */
  send(source: Buffer, start: number, end: number, mark: Mark): void
  /** The carrier throws away what it has queued; what is kept here goes too. */
  clear(): void
  close(code: number, reason: string): void
  terminate(): void
  /** Asks the other side for a sign of life when it has been quiet; cuts a dead one off. Asked now and then. */
  probe(now: number): void
  /** Messages to the carrier that were dropped because it did not read. */
  dropped(): number
}

/** Beyond this, assistant audio waits here instead of in the socket: some 90 seconds. */
const socketBytes = 1024 * 1024
const keptBytes = 4 * 1024 * 1024
/** A socket that says so much nonsense is cut off. */
const mostBad = 200
const quietMs = 10_000
const deadMs = 30_000
const closeGraceMs = 3000

/** Used for every message of every call: a message is handled before the next is looked at. */
const scan = newCarrierScan()
const layouts = carrierLayouts()
const mark: Mark = { generation: 0, response: 0, item: 0, ms: 0 }

export function twilioStream(
  ws: WebSocket,
  socket: Duplex,
  ears: CarrierEars,
  counts: BridgeCounts,
): TwilioStream {
  let dropped = 0
  const writer = new FrameWriter(ws, socket, {
    socketBytes,
    keptBytes,
    dropped: (count) => {
      dropped += count
      counts.dropped['carrier-not-reading'] += count
    },
  })
  let frames: CarrierFrames | undefined
  let sid: Buffer | undefined
  let bad = 0
  let taker: FrameTaker | undefined
  let seenAt = performance.now()
  /** Something came since the last probe: no clock is read for each message. */
  let wasSeen = false
  let askedAt = 0

  const complain = (what: BadInput): void => {
    counts.bad[what]++
    bad++
    if (bad === mostBad) close(1008, 'too much that is not understood')
  }

  const close = (code: number, reason: string): void => {
    if (ws.readyState !== ws.OPEN) return
    ws.close(code, reason)
    // The carrier may not answer the close; the stream is over all the same.
    setTimeout(() => ws.terminate(), closeGraceMs).unref()
  }

  /** @returns whether it was one */
  const frame = (bytes: Buffer, start: number, end: number, timestampMs: number): boolean => {
    const isGood = isBase64(bytes, start, end)
    if (isGood) taker?.frame(bytes, start, end, timestampMs)
    else complain('bad-payload')
    return isGood
  }

  const take = (message: CarrierMessage): void => {
    if (message.event === 'bad') {
      complain(message.why)
      return
    }
    if (message.event === 'connected') return
    if (message.event === 'start') {
      if (sid !== undefined) {
        complain('second-start')
        return
      }
      if (message.start.streamSid !== message.streamSid) {
        complain('wrong-stream')
        return
      }
      sid = Buffer.from(message.streamSid)
      frames = carrierFrames(message.streamSid)
      taker = ears.started(message.start)
      return
    }
    if (sid === undefined) {
      complain('before-start')
      return
    }
    if (message.streamSid !== sid.toString()) {
      complain('wrong-stream')
      return
    }
    if (message.event === 'media') {
      if (message.inbound) frame(message.payload, 0, message.payload.length, message.timestampMs)
    } else if (message.event === 'mark') echo(Buffer.from(message.name), 0, Buffer.byteLength(message.name))
    else if (message.event === 'dtmf') ears.digit(message.digit)
    else ears.stopped()
  }

  const echo = (bytes: Buffer, start: number, end: number): void => {
    if (readMark(bytes, start, end, mark)) ears.mark(mark)
    else counts.marksIgnored++
  }

  const receive = (bytes: Buffer): void => {
    if (sid !== undefined && layouts.matches(bytes, sid, scan)) {
      if (scan.inbound) taker?.frame(bytes, scan.payloadStart, scan.payloadEnd, scan.timestampMs)
      return
    }
    scanCarrierMessage(bytes, scan)
    if (scan.kind === 'other') take(readCarrierMessage(bytes))
    else if (sid === undefined) complain('before-start')
    else if (!isExactly(bytes, scan.streamStart, scan.streamEnd, sid)) complain('wrong-stream')
    else if (scan.kind === 'mark') echo(bytes, scan.nameStart, scan.nameEnd)
    else if (!scan.inbound) return
    else if (frame(bytes, scan.payloadStart, scan.payloadEnd, scan.timestampMs)) layouts.remember(bytes, scan)
  }

  ws.on('message', (data: RawData, isBinary: boolean) => {
    wasSeen = true
    if (isBinary) {
      complain('binary')
      close(1003, 'text messages only')
      return
    }
    try {
      receive(data as Buffer)
    } catch (error) {
      ears.broke(error)
    }
  })
  ws.on('pong', () => {
    wasSeen = true
  })
  ws.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') counts.bad['too-large']++
    else if (error.code?.startsWith('WS_ERR')) counts.bad.protocol++
  })
  ws.on('close', (code) => {
    try {
      ears.closed(code)
    } catch (error) {
      ears.broke(error)
    }
  })

  return {
    send(source, start, end, position) {
      if (frames !== undefined) writer.write(frames.mediaAndMark(source, start, end, position))
    },
    clear() {
      writer.discard()
      if (frames !== undefined) writer.write(frames.clear)
    },
    close,
    terminate: () => ws.terminate(),
    dropped: () => dropped,
    probe(now) {
      if (wasSeen) {
        wasSeen = false
        seenAt = now
      }
      if (ws.readyState === ws.OPEN && now - seenAt > deadMs) ws.terminate()
      else if (now - seenAt > quietMs && now - askedAt > quietMs && ws.readyState === ws.OPEN) {
        askedAt = now
        ws.ping()
      }
    },
  }
}
