import { z } from 'zod'

/** What the carrier sends besides audio and marks ("Media Streams: WebSocket Messages"). */
export type CarrierStart = {
  streamSid: string
  callSid: string
  customParameters: Readonly<Record<string, string>>
}

export type CarrierMessage =
  | { event: 'connected' }
  | { event: 'start'; streamSid: string; start: CarrierStart }
  | { event: 'media'; streamSid: string; payload: Buffer; timestampMs: number; inbound: boolean }
  | { event: 'mark'; streamSid: string; name: string }
  | { event: 'dtmf'; streamSid: string; digit: string }
  | { event: 'stop'; streamSid: string }
  | { event: 'bad'; why: 'not-json' | 'unknown-event' | 'bad-shape' }

const streamSid = z.string().min(1).max(64)

const shapes = {
  start: z.object({
    streamSid,
    start: z.object({
      streamSid,
      callSid: z.string().min(1).max(64),
      customParameters: z.record(z.string().max(500), z.string().max(2000)).default({}),
      mediaFormat: z
        .object({ encoding: z.literal('audio/x-mulaw'), sampleRate: z.literal(8000) })
        .loose()
        .optional(),
    }),
  }),
  media: z.object({
    streamSid,
    media: z.object({
      track: z.string().default('inbound'),
      timestamp: z.union([z.string().regex(/^\d{1,15}$/), z.number().int().min(0)]),
      payload: z.string(),
    }),
  }),
  mark: z.object({ streamSid, mark: z.object({ name: z.string().max(100) }) }),
  dtmf: z.object({ streamSid, dtmf: z.object({ digit: z.string().length(1) }) }),
  stop: z.object({ streamSid }),
}

/** Reads a message the scan did not take. Never throws. */
export function readCarrierMessage(bytes: Buffer): CarrierMessage {
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch {
    return { event: 'bad', why: 'not-json' }
  }
  const event = typeof json === 'object' && json !== null ? (json as { event?: unknown }).event : undefined
  switch (event) {
    case 'connected':
      return { event }
    case 'start': {
      const read = shapes.start.safeParse(json)
      if (!read.success) return { event: 'bad', why: 'bad-shape' }
      const { start } = read.data
      return { event, streamSid: read.data.streamSid, start }
    }
    case 'media': {
      const read = shapes.media.safeParse(json)
      if (!read.success) return { event: 'bad', why: 'bad-shape' }
      const { media } = read.data
      return {
        event,
        streamSid: read.data.streamSid,
        payload: Buffer.from(media.payload, 'utf8'),
        timestampMs: Number(media.timestamp),
        inbound: media.track === 'inbound',
      }
    }
    case 'mark': {
      const read = shapes.mark.safeParse(json)
      return read.success
        ? { event, streamSid: read.data.streamSid, name: read.data.mark.name }
        : { event: 'bad', why: 'bad-shape' }
    }
    case 'dtmf': {
      const read = shapes.dtmf.safeParse(json)
      return read.success
        ? { event, streamSid: read.data.streamSid, digit: read.data.dtmf.digit }
        : { event: 'bad', why: 'bad-shape' }
    }
    case 'stop': {
      const read = shapes.stop.safeParse(json)
      return read.success ? { event, streamSid: read.data.streamSid } : { event: 'bad', why: 'bad-shape' }
    }
    default:
      return { event: 'bad', why: event === undefined ? 'bad-shape' : 'unknown-event' }
  }
}
