import { createListener, speak, textOf } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { decodeAudio, encodeAudio } from './audio-format.ts'
import type { AudioFormat } from './core/session-config.ts'
import { useModel } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

describe('a session', () => {
  it('starts with the live defaults', async () => {
    const client = new WireClient(await start())
    const { session } = await client.until('session.created')
    expect(session).toMatchObject({
      object: 'realtime.session',
      type: 'realtime',
      model: 'gpt-realtime-2.1',
      output_modalities: ['audio'],
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: null,
          noise_reduction: null,
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 200,
            create_response: true,
            interrupt_response: true,
            idle_timeout_ms: null,
          },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin', speed: 1 },
      },
    })
    const { id, expires_at: expiresAt } = session as { id: string; expires_at: number }
    expect(id).toMatch(/^sess_\w{21}$/)
    expect(expiresAt - Date.now() / 1000).toBeGreaterThan(3590)
  })

  it('merges updates: what is absent stays, null and [] clear', async () => {
    const tools = [{ type: 'function', name: 'end-call', parameters: { type: 'object', properties: {} } }]
    const client = await WireClient.ready(await start(), { instructions: 'Be kind.', tools })
    client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        tools: [],
        audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 700 } } },
      },
    })
    const { session } = await client.until('session.updated')
    expect(session).toMatchObject({
      instructions: 'Be kind.',
      tools: [],
      audio: {
        input: {
          format: { type: 'audio/pcmu' },
          turn_detection: { threshold: 0.5, silence_duration_ms: 700 },
        },
        output: { format: { type: 'audio/pcmu' } },
      },
    })
    client.send({
      type: 'session.update',
      session: { type: 'realtime', instructions: '', audio: { input: { turn_detection: null } } },
    })
    expect(await client.until('session.updated')).toMatchObject({
      session: { instructions: '', audio: { input: { turn_detection: null } } },
    })
  })

  it('hears µ-law as noise until the format is agreed, and says so in the debugger', async () => {
    const server = await start()
    const client = new WireClient(server)
    await client.until('session.created')
    client.append(speak('A person, please.', 'caller'))
    client.append(speak('A person, please.', 'caller'))
    await client.until('input_audio_buffer.speech_started')
    client.silence(1500)
    await client.until('input_audio_buffer.committed')
    expect(server.sessions[0]?.understood[0]?.heard).not.toContain('person')
    expect(server.debugger.entries.map(({ code }) => code)).toEqual([
      'append-before-session-updated',
      'audio-format-mismatch',
    ])
  })

  it('notices PCM sent into a µ-law session', async () => {
    const server = await start()
    const client = await WireClient.ready(server)
    const pcm = speak('Hello there.', 'caller')
    const audio = Buffer.from(pcm.buffer, pcm.byteOffset, 4800).toString('base64')
    client.send({ type: 'input_audio_buffer.append', audio })
    await client.refusal({ type: 'input_audio_buffer.bogus' })
    expect(server.debugger.entries[0]).toMatchObject({ code: 'audio-format-mismatch' })
  })

  it.each<[string, AudioFormat]>([
    ['audio/pcm', { type: 'audio/pcm', rate: 24_000 }],
    ['audio/pcma', { type: 'audio/pcma' }],
  ])('understands and speaks %s', async (_, format) => {
    const server = await start()
    const client = new WireClient(server)
    await client.until('session.created')
    const audio = { input: { format, turn_detection: null }, output: { format } }
    client.send({ type: 'session.update', session: { type: 'realtime', audio } })
    await client.until('session.updated')
    const bytes = encodeAudio(speak('Good evening, it is me.', 'caller'), format)
    client.send({ type: 'input_audio_buffer.append', audio: Buffer.from(bytes).toString('base64') })
    client.send({ type: 'input_audio_buffer.commit' })
    client.send({ type: 'response.create' })
    const done = await client.until('response.done')
    expect(server.sessions[0]?.understood[0]?.heard).toBe('Good evening, it is me.')
    const listener = createListener('assistant')
    const pcm = decodeAudio(format)(client.audioOf((done.response as JsonObject).id))
    expect(textOf([...listener.push(pcm), ...listener.flush()])).toBe('I see: Good evening, it is me.')
    expect(server.debugger.entries).toEqual([])
  })

  it('locks the voice at the first audio and refuses the whole update that changes it', async () => {
    const server = await start()
    const client = await WireClient.ready(server)
    const voice = (name: string): JsonObject => ({
      type: 'session.update',
      session: { type: 'realtime', instructions: name, audio: { output: { voice: name } } },
    })
    client.send(voice('cedar'))
    await client.until('session.updated')
    client.send({ type: 'response.create' })
    await client.until('response.done')
    expect(await client.refusal(voice('marin'))).toMatchObject({
      code: 'cannot_update_voice',
      message: "Cannot update a conversation's voice if assistant audio is present.",
    })
    expect(server.sessions[0]?.config.instructions).toBe('cedar')
    client.send(voice('cedar'))
    await client.until('session.updated')
  })

  it.each([
    ['allowed', 'session.updated'],
    ['refused', 'error'],
  ] as const)('a new output format after audio is %s, by switch', async (formatAfterAudio, answer) => {
    const client = await WireClient.ready(await start({ switches: { formatAfterAudio } }))
    client.send({ type: 'response.create' })
    await client.until('response.done')
    const output = { format: { type: 'audio/pcm', rate: 24_000 } }
    client.send({ type: 'session.update', session: { type: 'realtime', audio: { output } } })
    await client.until(answer)
  })

  it('ends after its time with session_expired and 1001', async () => {
    const client = new WireClient(await start({ switches: { sessionMs: 60 } }))
    expect(await client.until('error')).toMatchObject({ error: { code: 'session_expired' } })
    expect(await client.closed).toEqual({
      code: 1001,
      reason: 'Your session hit the maximum duration of 60 minutes.',
    })
  })

  it('pings, and cuts a client that does not answer', async () => {
    const server = await start({ switches: { pingMs: 25 } })
    const client = new WireClient(server)
    await client.until('session.created')
    await new Promise((resolve) => client.socket.once('ping', resolve))
    client.socket.pause()
    const session = await server.waitForSession()
    await session.log.waitFor(({ type }) => type === 'socket.closed')
    expect(server.debugger.entries).toMatchObject([{ code: 'no-pong' }])
  })
})
