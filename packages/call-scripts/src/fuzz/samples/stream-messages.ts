import type { Json } from '../mutation/value-mutations.ts'

/** Messages of the carrier to one stream, by "Media Streams - WebSocket Messages". */
export function streamSamples(stream: {
  accountSid: string
  callSid: string
  streamSid: string
  token: string
}): { connected: Json; start: Json; flowing: Json[]; stop: Json } {
  const { accountSid, callSid, streamSid, token } = stream
  const media = (chunk: number): Json => ({
    event: 'media',
    sequenceNumber: String(chunk + 1),
    streamSid,
    media: {
      track: 'inbound',
      chunk: String(chunk),
      timestamp: String((chunk - 1) * 20),
      payload: Buffer.alloc(160, chunk % 251).toString('base64'),
    },
  })
  return {
    connected: { event: 'connected', protocol: 'Call', version: '1.0.0' },
    start: {
      event: 'start',
      sequenceNumber: '1',
      streamSid,
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { token },
      },
    },
    flowing: [
      media(1),
      media(2),
      media(77),
      { event: 'mark', sequenceNumber: '41', streamSid, mark: { name: '1:1:1:400' } },
      { event: 'mark', sequenceNumber: '42', streamSid, mark: { name: '0:3:2:12345' } },
      { event: 'dtmf', sequenceNumber: '9', streamSid, dtmf: { track: 'inbound_track', digit: '1' } },
    ],
    stop: { event: 'stop', sequenceNumber: '900', streamSid, stop: { accountSid, callSid } },
  }
}
