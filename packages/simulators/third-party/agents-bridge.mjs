/**
 * A telephone bridge made of nothing but OpenAI's agents SDK and its Twilio transport: the least program that
 * their guide shows. It proves the two simulators against code that was written for the real services, so it
 * imports nothing of ours and runs as a process of its own.
 *
 * Environment: MODEL_URL (`ws://…/v1/realtime`), MODEL_KEY, INSTRUCTIONS, GREETING.
 * Prints one JSON line for each thing that happens, the first of them `{"listening": port}`.
 */
import { createServer } from 'node:http'
import { TwilioRealtimeTransportLayer } from '@openai/agents-extensions'
import { RealtimeAgent, RealtimeSession } from '@openai/agents-realtime'
import { WebSocketServer } from 'ws'

const { MODEL_URL, MODEL_KEY, INSTRUCTIONS = '', GREETING = '' } = process.env
const tell = (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`)

const http = createServer((_, response) => {
  const { port } = http.address()
  const stream = `<Stream url="ws://127.0.0.1:${port}/stream"/>`
  response.writeHead(200, { 'content-type': 'text/xml' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Response><Connect>${stream}</Connect></Response>`)
})

new WebSocketServer({ server: http }).on('connection', async (twilioWebSocket) => {
  const transport = new TwilioRealtimeTransportLayer({ twilioWebSocket })
  const session = new RealtimeSession(
    new RealtimeAgent({ name: 'Receptionist', instructions: INSTRUCTIONS }),
    {
      transport,
      model: 'gpt-realtime-2.1',
      tracingDisabled: true,
      config: { audio: { input: { turnDetection: { type: 'server_vad', silenceDurationMs: 200 } } } },
    },
  )
  session.on('transport_event', ({ type }) => {
    if (type !== 'twilio_message' && !type.endsWith('.delta')) tell({ event: type })
  })
  session.on('audio_interrupted', () => tell({ interrupted: true }))
  session.on('error', ({ error }) => tell({ error: error instanceof Error ? error.message : error }))
  try {
    await session.connect({ apiKey: MODEL_KEY, url: `${MODEL_URL}?model=gpt-realtime-2.1` })
    if (GREETING !== '') session.sendMessage(GREETING)
  } catch (error) {
    tell({ error: String(error) })
  }
})

http.listen(0, '127.0.0.1', () => tell({ listening: http.address().port }))
process.on('SIGTERM', () => process.exit(0))
