import { speak } from '@toritsugi/audio'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime'
import { describe, expect, it } from 'vitest'
import { encodeAudio } from './audio-format.ts'
import type { Model } from './model.ts'
import { useModel, wordsIn } from './model-under-test.ts'

const start = useModel()

/** The official client, which only knows wss: it trusts the certificate authority made by the server. */
function connect(model: Model, apiKey = model.apiKey) {
  const baseURL = model.wssUrl.replace('wss:', 'https:').replace(/\/realtime$/, '')
  const openai = new OpenAI({ apiKey, baseURL })
  return new OpenAIRealtimeWS({ model: 'gpt-realtime-2.1', options: { ca: model.ca } }, openai)
}

function next<Type extends RealtimeServerEvent['type']>(client: OpenAIRealtimeWS, type: Type) {
  return new Promise<Extract<RealtimeServerEvent, { type: Type }>>((resolve) => {
    const listen = (event: RealtimeServerEvent) => {
      if (event.type !== type) return
      client.off('event', listen)
      resolve(event as Extract<RealtimeServerEvent, { type: Type }>)
    }
    client.on('event', listen)
  })
}

describe("OpenAI's own client", () => {
  it('completes a session with text', async () => {
    const server = await start()
    const client = connect(server)
    const { session } = await next(client, 'session.created')
    expect(session.type).toBe('realtime')
    client.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
    await next(client, 'session.updated')
    client.send({
      type: 'conversation.item.create',
      item: {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'Say "good evening", please.' }],
      },
    })
    await next(client, 'conversation.item.done')
    client.send({ type: 'response.create' })
    const { text } = await next(client, 'response.output_text.done')
    expect(text).toBe('good evening')
    const { response } = await next(client, 'response.done')
    expect(response.usage?.output_token_details?.text_tokens).toBeGreaterThan(0)
    client.close()
    expect(server.debugger.entries).toEqual([])
  })

  it('completes a session with audio', async () => {
    const server = await start()
    const client = connect(server)
    await next(client, 'session.created')
    client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        instructions: 'Answer the telephone.',
        audio: {
          input: {
            format: { type: 'audio/pcmu' },
            transcription: { model: 'gpt-4o-mini-transcribe' },
            turn_detection: { type: 'server_vad', silence_duration_ms: 300 },
          },
          output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
        },
      },
    })
    await next(client, 'session.updated')
    const audio: Buffer[] = []
    client.on('response.output_audio.delta', ({ delta }) => audio.push(Buffer.from(delta, 'base64')))
    const transcribed = next(client, 'conversation.item.input_audio_transcription.completed')
    const done = next(client, 'response.done')
    const spoken = speak('Two tickets to Kyoto.', 'caller')
    const padded = new Int16Array(spoken.length + 4000)
    padded.set(spoken)
    const bytes = encodeAudio(padded, { type: 'audio/pcmu' })
    client.send({ type: 'input_audio_buffer.append', audio: Buffer.from(bytes).toString('base64') })
    expect((await done).response.status).toBe('completed')
    expect((await transcribed).transcript).toBe('Two tickets to Kyoto.')
    expect(wordsIn(Buffer.concat(audio))).toBe('I see: Two tickets to Kyoto.')
    client.close()
    expect(server.debugger.entries).toEqual([])
  })

  it('is told of a wrong key in-band', async () => {
    const client = connect(await start(), 'sk-wrong')
    const error = await new Promise<Error>((resolve) => {
      client.on('error', resolve)
    })
    expect(error.message).toContain('invalid_api_key')
  })
})
