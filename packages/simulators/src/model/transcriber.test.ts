import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useModel } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

describe('input transcription', () => {
  const transcription = { model: 'gpt-4o-mini-transcribe', language: 'en' }

  it('comes late, with usage, and is written into the item', async () => {
    const client = await WireClient.ready(await start(), {}, { transcription })
    client.append(speak('Hello there, it is me.', 'caller'))
    client.silence(300)
    const { item_id: itemId } = await client.until('input_audio_buffer.committed')
    const delta = await client.until('conversation.item.input_audio_transcription.delta')
    const completed = await client.until('conversation.item.input_audio_transcription.completed')
    expect(completed).toMatchObject({
      item_id: itemId,
      content_index: 0,
      transcript: 'Hello there, it is me.',
      usage: { type: 'tokens', input_token_details: { text_tokens: 0 } },
    })
    expect('Hello there, it is me.').toContain(delta.delta)
    client.send({ type: 'conversation.item.retrieve', item_id: itemId })
    const { item } = await client.until('conversation.item.retrieved')
    const [part] = (item as { content: JsonObject[] }).content
    expect(part).toMatchObject({ type: 'input_audio', transcript: 'Hello there, it is me.' })
    expect(String(part?.audio).length).toBeGreaterThan(1000)
  })

  it('is billed by the second with whisper-1', async () => {
    const client = await WireClient.ready(await start(), {}, { transcription: { model: 'whisper-1' } })
    client.append(speak('Hello.', 'caller'))
    client.silence(300)
    const { usage } = await client.until('conversation.item.input_audio_transcription.completed')
    expect(usage).toEqual({ type: 'duration', seconds: 1 })
  })

  it('may fail, and a later turn may overtake an earlier one', async () => {
    const turn_detection = { type: 'server_vad', create_response: false }
    const server = await start({
      faults: [{ kind: 'late-transcription', ms: 600 }],
      switches: { transcriptionMs: [20, 30] },
    })
    const client = await WireClient.ready(server, {}, { transcription, turn_detection })
    for (const words of ['The first.', 'The second.']) {
      client.append(speak(words, 'caller'))
      client.silence(300)
    }
    const overtaking = await client.until('conversation.item.input_audio_transcription.completed')
    const late = await client.until('conversation.item.input_audio_transcription.completed')
    expect([overtaking.transcript, late.transcript]).toEqual(['The second.', 'The first.'])
    server.faults.add({ kind: 'fail-transcription' })
    client.append(speak('The third.', 'caller'))
    client.silence(300)
    expect(await client.until('conversation.item.input_audio_transcription.failed')).toMatchObject({
      content_index: 0,
      error: { type: 'transcription_error', code: 'audio_unintelligible', param: null },
    })
  })

  it('is off by default', async () => {
    const client = await WireClient.ready(await start({ switches: { transcriptionMs: [0, 1] } }))
    client.append(speak('Hello.', 'caller'))
    client.silence(300)
    await client.until('response.done')
    expect(client.order.filter((type) => type.includes('transcription'))).toEqual([])
  })
})
