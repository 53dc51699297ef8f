import { encodeMulaw, levelDbfs } from '@toritsugi/audio'
import { FRAME_SAMPLES, type Sink } from '../line/line.ts'
import { FRAME_MS } from '../line/ticker.ts'

export type InboundMedia = {
  /** `performance.now()` when the stream started. */
  startedAt: number
  /** Silence after which nothing is sent (fault `dtx`); undefined sends always. */
  dtxAfterMs: number | undefined
  /** Whether the server reads too slowly for more audio. */
  isCongested: () => boolean
  discarded: () => void
  /** Takes the body of one media message. */
  send: (body: string) => void
}

const SILENCE_PAYLOAD = Buffer.alloc(FRAME_SAMPLES, 0xff).toString('base64')
const SILENT_DBFS = -60

/** Makes media messages of what the phone says: 160 bytes of µ-law every 20 ms. */
export function inboundMedia(media: InboundMedia): Sink {
  let silentMs = 0
  let chunk = 0
  return (frame, now) => {
    if (media.dtxAfterMs !== undefined) {
      silentMs = frame && levelDbfs(frame) > SILENT_DBFS ? 0 : silentMs + FRAME_MS
      if (silentMs > media.dtxAfterMs) return
    }
    if (media.isCongested()) {
      media.discarded()
      return
    }
    chunk += 1
    const timestamp = Math.max(0, Math.round(now - media.startedAt))
    const payload = frame ? Buffer.from(encodeMulaw(frame).buffer).toString('base64') : SILENCE_PAYLOAD
    const body = `"track":"inbound","chunk":"${chunk}","timestamp":"${timestamp}","payload":"${payload}"`
    media.send(`"media":{${body}}`)
  }
}
