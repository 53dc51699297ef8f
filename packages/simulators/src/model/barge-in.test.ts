import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import type { Brain } from './core/brain.ts'
import { useModel, wordsIn } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const LONG =
  'We are open from nine to six on every weekday, and on Saturdays only in the morning, until noon.'
const BRAIN: Brain = [
  { when: { heard: 'wait' }, say: 'I am listening.' },
  { when: { heard: 'what did you say' }, say: 'Before: {assistantBefore}' },
  { when: { trigger: 'idle' }, say: 'Are you there?' },
  { when: { any: true }, say: LONG, deltaMs: 200, pace: 4 },
]

describe('a barge-in', () => {
  it('a barge-in cancels the reply, and what was not heard is forgotten', async () => {
    const server = await start({ brain: BRAIN })
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    const first = await client.until('response.output_audio.delta')
    await client.until('response.output_audio.delta')
    client.append(speak('Wait a moment.', 'caller'))
    client.silence(300)
    await client.until('input_audio_buffer.speech_started')
    const cut = (await client.until('response.done')).response as JsonObject
    expect(cut).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'turn_detected' },
    })
    expect(cut.output).toMatchObject([{ status: 'incomplete', content: [{ type: 'output_audio' }] }])
    client.send({
      type: 'conversation.item.truncate',
      item_id: first.item_id,
      content_index: 0,
      audio_end_ms: 150,
    })
    expect(await client.until('conversation.item.truncated')).toMatchObject({
      item_id: first.item_id,
      content_index: 0,
      audio_end_ms: 150,
    })
    client.send({ type: 'conversation.item.retrieve', item_id: first.item_id })
    const { item } = await client.until('conversation.item.retrieved')
    const [part] = (item as { content: JsonObject[] }).content
    expect(part).not.toHaveProperty('transcript')
    expect(Buffer.from(String(part?.audio), 'base64')).toHaveLength(150 * 8)
    const answer = await client.until('response.done')
    expect(wordsIn(client.audioOf((answer.response as JsonObject).id))).toBe('I am listening.')
    client.append(speak('And what did you say before?', 'caller'))
    client.silence(300)
    const last = await client.until('response.done')
    expect(wordsIn(client.audioOf((last.response as JsonObject).id))).toBe('Before: I am listening.')
    expect(server.debugger.entries).toEqual([])
  })

  it('closes everything that was open when it cancels, in order', async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }))
    client.send({ type: 'response.create' })
    const { response_id: id } = await client.until('response.output_audio.delta')
    const before = client.events.length
    client.send({ type: 'response.cancel', response_id: id })
    expect((await client.until('response.done')).response).toMatchObject({
      status_details: { type: 'cancelled', reason: 'client_cancelled' },
    })
    const types = client.events.slice(before).map(({ type }) => type)
    expect(types.slice(types.indexOf('response.output_audio.done'))).toEqual([
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ])
  })

  it.each([[false], [true]])(
    'late deltas of a cancelled response still come (after its done: %s)',
    async (afterDone) => {
      const server = await start({ brain: BRAIN, faults: [{ kind: 'late-deltas', count: 3, afterDone }] })
      const client = await WireClient.ready(server)
      client.send({ type: 'response.create' })
      await client.until('response.output_audio.delta')
      client.append(speak('Wait a moment.', 'caller'))
      const speech = await client.until('input_audio_buffer.speech_started')
      await client.until('response.done')
      client.send({ type: 'response.cancel' })
      await client.until('error')
      const after = client.events.slice(client.events.indexOf(speech)).map(({ type }) => type)
      const late = after.filter((type) => type === 'response.output_audio.delta')
      expect(late).toHaveLength(3)
      expect(after.indexOf('response.done') < after.indexOf('response.output_audio.delta')).toBe(afterDone)
    },
  )

  it('truncates no further than the audio goes, and nothing without audio', async () => {
    const server = await start({ brain: [{ when: {}, say: 'Hello.', delayMs: 200 }] })
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    const part = await client.until('response.content_part.added')
    const truncate = {
      type: 'conversation.item.truncate',
      item_id: part.item_id,
      content_index: 0,
      audio_end_ms: 0,
    }
    expect(await client.refusal(truncate)).toMatchObject({
      code: 'unsupported_content_type',
      message: 'Only model output audio messages can be truncated',
    })
    await client.until('response.done')
    const total = client.audioOf(part.response_id).length / 8
    expect(await client.refusal({ ...truncate, audio_end_ms: total + 1 })).toMatchObject({
      code: 'invalid_value',
      message: `Audio content of ${total}ms is already shorter than ${total + 1}ms`,
    })
    client.send({ ...truncate, audio_end_ms: total })
    await client.until('conversation.item.truncated')
    expect(server.debugger.entries.map(({ code }) => code)).toEqual([
      'truncate-while-generating',
      'unsupported_content_type',
      'invalid_value',
    ])
  })
})
