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

const bytes = (event: JsonObject) => Buffer.from(String(event.delta), 'base64').length

describe('turns', () => {
  it('counts speech in appended audio, from before its onset', async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }))
    client.silence(2000)
    const pcm = speak('Wait.', 'caller')
    client.append(pcm)
    client.silence(300)
    const started = await client.until('input_audio_buffer.speech_started')
    const stopped = await client.until('input_audio_buffer.speech_stopped')
    expect(started.audio_start_ms).toBeGreaterThanOrEqual(1680)
    expect(started.audio_start_ms).toBeLessThanOrEqual(1760)
    expect(Number(stopped.audio_end_ms) - (2000 + pcm.length / 8 + 200)).toBeLessThanOrEqual(20)
    expect(stopped.item_id).toBe(started.item_id)
    const committed = await client.until('input_audio_buffer.committed')
    expect(committed).toMatchObject({ item_id: started.item_id, previous_item_id: null })
  })

  it('does not end a turn when the audio ends', async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }))
    client.append(speak('Wait.', 'caller'))
    await client.until('input_audio_buffer.speech_started')
    await client.refusal({ type: 'response.cancel' })
    expect(client.order).not.toContain('input_audio_buffer.speech_stopped')
    client.silence(300)
    await client.until('response.done')
  })

  it('neither answers nor interrupts by itself when told not to', async () => {
    const turn_detection = { type: 'server_vad', create_response: false, interrupt_response: false }
    const client = await WireClient.ready(await start({ brain: BRAIN }), {}, { turn_detection })
    client.send({ type: 'response.create' })
    await client.until('response.output_audio.delta')
    client.append(speak('Wait.', 'caller'))
    client.silence(300)
    await client.until('input_audio_buffer.committed')
    expect((await client.until('response.done')).response).toHaveProperty('status', 'completed')
    client.send({ type: 'response.create' })
    expect(await client.until('response.done')).toBeTruthy()
    expect(client.events.filter(({ type }) => type === 'response.created')).toHaveLength(2)
  })

  it.each([['error'], ['skip']] as const)(
    "voice detection's own response collides with the client's: %s",
    async (vadCollision) => {
      const turn_detection = { type: 'server_vad', interrupt_response: false }
      const server = await start({ brain: BRAIN, switches: { vadCollision } })
      const client = await WireClient.ready(server, {}, { turn_detection })
      client.send({ type: 'response.create' })
      const created = await client.until('response.created')
      client.append(speak('Wait.', 'caller'))
      client.silence(300)
      await client.until('input_audio_buffer.committed')
      await client.until('response.done')
      const errors = client.events.filter(({ type }) => type === 'error')
      expect(errors).toHaveLength(vadCollision === 'error' ? 1 : 0)
      if (vadCollision === 'error') {
        const error = errors[0]?.error as JsonObject
        expect(error).toMatchObject({ code: 'conversation_already_has_active_response', event_id: null })
        expect(error.message).toContain((created.response as JsonObject).id)
      }
      expect(server.debugger.entries).toEqual([])
    },
  )

  it("refuses the client's response while one is active", async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }))
    client.send({ type: 'response.create' })
    await client.until('response.created')
    expect(await client.refusal({ type: 'response.create', event_id: 'second' })).toMatchObject({
      code: 'conversation_already_has_active_response',
      event_id: 'second',
    })
  })

  it('takes turns by hand', async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }), {}, { turn_detection: null })
    client.append(speak('Wait a moment.', 'caller'))
    client.send({ type: 'input_audio_buffer.commit' })
    const { item } = await client.until('conversation.item.done')
    expect(item).toMatchObject({
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_audio', transcript: null }],
    })
    client.send({ type: 'response.create' })
    const done = await client.until('response.done')
    expect(wordsIn(client.audioOf((done.response as JsonObject).id))).toBe('I am listening.')
    expect(client.order).not.toContain('input_audio_buffer.speech_started')
    client.append(speak('Never mind.', 'caller'))
    client.send({ type: 'input_audio_buffer.clear' })
    await client.until('input_audio_buffer.cleared')
    expect(await client.refusal({ type: 'input_audio_buffer.commit' })).toMatchObject({
      code: 'input_audio_buffer_commit_empty',
    })
  })

  it('commits open speech by hand without answering it', async () => {
    const server = await start({ brain: BRAIN })
    const client = await WireClient.ready(server)
    client.append(speak('Wait a moment.', 'caller'))
    const started = await client.until('input_audio_buffer.speech_started')
    client.send({ type: 'input_audio_buffer.commit' })
    expect(await client.until('input_audio_buffer.committed')).toHaveProperty('item_id', started.item_id)
    client.silence(600)
    await client.refusal({ type: 'response.cancel' })
    expect(client.order).not.toContain('input_audio_buffer.speech_stopped')
    expect(server.sessions[0]?.understood[0]?.heard).toBe('Wait a moment.')
  })

  it('asks after a caller who stays silent, from the end of what was played', async () => {
    const turn_detection = { type: 'server_vad', idle_timeout_ms: 5000 }
    const client = await WireClient.ready(
      await start({ brain: BRAIN, manner: { pace: 100 } }),
      {},
      { turn_detection },
    )
    client.send({ type: 'response.create', response: { instructions: 'Say "Hello there."' } })
    const done = await client.until('response.done')
    const playedMs = client.audioOf((done.response as JsonObject).id).length / 8
    client.silence(playedMs + 4900)
    await client.refusal({ type: 'response.cancel' })
    expect(client.order).not.toContain('input_audio_buffer.timeout_triggered')
    client.silence(200)
    const triggered = await client.until('input_audio_buffer.timeout_triggered')
    expect(Math.abs(Number(triggered.audio_start_ms) - playedMs)).toBeLessThanOrEqual(1)
    expect(Number(triggered.audio_end_ms) - Number(triggered.audio_start_ms)).toBeGreaterThanOrEqual(5000)
    await client.until('input_audio_buffer.committed')
    const asked = await client.until('response.done')
    expect(wordsIn(client.audioOf((asked.response as JsonObject).id))).toBe('Are you there?')
  })

  it('semantic detection answers a finished sentence soon and waits with an open one', async () => {
    const turn_detection = { type: 'semantic_vad', eagerness: 'high' }
    const client = await WireClient.ready(await start({ brain: BRAIN }), {}, { turn_detection })
    client.append(speak('Wait a moment, I would', 'caller'))
    client.silence(1500)
    await client.refusal({ type: 'response.cancel' })
    expect(client.order).not.toContain('input_audio_buffer.speech_stopped')
    client.append(speak('like to ask.', 'caller'))
    client.silence(400)
    await client.until('input_audio_buffer.speech_stopped')
    await client.until('response.done')
  })

  it('paces audio faster than real time, in deltas of the wanted length', async () => {
    const client = await WireClient.ready(await start({ brain: BRAIN }))
    client.send({ type: 'response.create' })
    await client.until('response.created')
    const began = performance.now()
    const done = await client.until('response.done')
    const tookMs = performance.now() - began
    const audioMs = client.audioOf((done.response as JsonObject).id).length / 8
    expect(tookMs).toBeLessThan(audioMs / 2)
    expect(tookMs).toBeGreaterThan(audioMs / 4 - 250)
    const sizes = client.events.filter(({ type }) => type === 'response.output_audio.delta').map(bytes)
    expect(new Set(sizes.slice(0, -1))).toEqual(new Set([1600]))
  })
})
