import type { AddressInfo } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/**
 * The reference: the least relay that can be built on `ws`. It finds the payload, forwards it, sends one mark per
 * delta, and does nothing else. No turns, no clears, no checks, no facts; it is what the figures are held against.
 */

const APPEND = Buffer.from('{"type":"input_audio_buffer.append","audio":"')
const APPEND_END = Buffer.from('"}')
const SETUP = JSON.stringify({
  type: 'session.update',
  session: {
    type: 'realtime',
    audio: { input: { format: { type: 'audio/pcmu' } }, output: { format: { type: 'audio/pcmu' } } },
  },
})

export type Relay = { port: number; close(): Promise<void> }

/** @param modelUrl where each call's session is opened @param port 0 for any */
export async function startReferenceRelay(modelUrl: string, port = 0): Promise<Relay> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false })
  server.on('connection', (carrier) => relayCall(carrier, modelUrl))
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const client of server.clients) client.terminate()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function relayCall(carrier: WebSocket, modelUrl: string): void {
  const model = new WebSocket(modelUrl, { perMessageDeflate: false })
  let waiting: Buffer[] | undefined = []
  let streamSid = ''
  let marks = 0
  model.on('open', () => {
    model.send(SETUP)
    for (const append of waiting ?? []) model.send(append, { binary: false })
    waiting = undefined
  })
  carrier.on('message', (data: RawData) => {
    const bytes = data as Buffer
    const from = bytes.indexOf('"payload":"') + 11
    if (from < 11) {
      if (streamSid === '') streamSid = /"streamSid":"(MZ\w+)"/.exec(bytes.toString('latin1'))?.[1] ?? ''
      return
    }
    const to = bytes.indexOf(0x22, from)
    const append = Buffer.allocUnsafe(APPEND.length + (to - from) + APPEND_END.length)
    APPEND.copy(append)
    bytes.copy(append, APPEND.length, from, to)
    APPEND_END.copy(append, APPEND.length + to - from)
    if (waiting === undefined) model.send(append, { binary: false })
    else waiting.push(append)
  })
  model.on('message', (data: RawData) => {
    const bytes = data as Buffer
    if (bytes.indexOf('"response.output_audio.delta"') < 0) return
    const from = bytes.indexOf('"delta":"') + 9
    const payload = bytes.toString('latin1', from, bytes.indexOf(0x22, from))
    carrier.send(`{"event":"media","streamSid":"${streamSid}","media":{"payload":"${payload}"}}`)
    carrier.send(`{"event":"mark","streamSid":"${streamSid}","mark":{"name":"${++marks}"}}`)
  })
  const end = () => {
    carrier.close()
    model.close()
  }
  carrier.on('close', end)
  model.on('close', end)
  carrier.on('error', end)
  model.on('error', end)
}
