import { createListener, decodeMulaw, speak, textOf } from '@toritsugi/audio'
import { afterEach, describe, expect, it } from 'vitest'
import type { Brain } from './core/brain.ts'
import { type Model, type ModelOptions, startModel } from './model.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

let model: Model | undefined

async function start(options: ModelOptions = {}): Promise<Model> {
  model = await startModel(options)
  return model
}

afterEach(async () => {
  await model?.stop()
  model = undefined
})

const understood = (mulaw: Buffer) => {
  const listener = createListener('assistant')
  return textOf([...listener.push(decodeMulaw(mulaw)), ...listener.flush()])
}

const HOURS: Brain = [
  { when: { heard: 'open' }, say: 'We open at nine in the morning and close at six.' },
  { when: { any: true }, say: 'Hello, Mori trading.' },
]

describe('a call through voice detection', () => {
  it('goes the documented way from session.update to response.done', async () => {
    const server = await start({ brain: HOURS, seed: 7 })
    const client = await WireClient.ready(server, {}, { transcription: { model: 'gpt-4o-mini-transcribe' } })
    client.append(speak('When do you open?', 'caller'))
    client.silence(400)
    const done = await client.until('response.done')
    await client.until('rate_limits.updated')
    const order = client.order.filter((type) => !type.includes('transcription') && !type.includes('delta'))
    expect(order).toEqual([
      'session.created',
      'session.updated',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
      'rate_limits.updated',
    ])
    const response = done.response as JsonObject
    expect(response).toMatchObject({ status: 'completed', status_details: null, metadata: null })
    expect(understood(client.audioOf(response.id))).toBe('We open at nine in the morning and close at six.')
    expect(server.sessions[0]?.understood.map(({ heard }) => heard)).toEqual(['When do you open?'])
    expect(server.debugger.entries).toEqual([])
  })
})
