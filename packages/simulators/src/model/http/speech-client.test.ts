import { createListener, readWav, resample, textOf } from '@toritsugi/audio'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { Model } from '../model.ts'
import { useModel } from '../model-under-test.ts'

const start = useModel()

const clientOf = (model: Model, apiKey = model.apiKey) =>
  new OpenAI({ apiKey, baseURL: model.baseUrl, maxRetries: 0 })

function wordsInWide(wide: Int16Array): string {
  const listener = createListener('assistant')
  return textOf([...listener.push(resample(wide, 24_000, 8000)), ...listener.flush()])
}

describe("OpenAI's own client, asking for speech", () => {
  const line = 'お電話ありがとうございます。 Mori trading, good morning.'

  it.each(['wav', 'pcm'] as const)('gets %s that holds the text in its samples', async (response_format) => {
    const server = await start({ manner: { pace: 100 } })
    const response = await clientOf(server).audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'marin',
      input: line,
      instructions: 'Calmly.',
      response_format,
    })
    expect(response.headers.get('content-type')).toBe(`audio/${response_format}`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const wide = response_format === 'pcm' ? new Int16Array(bytes.buffer) : readWav(bytes).pcm
    if (response_format === 'wav') expect(readWav(bytes).sampleRate).toBe(24_000)
    expect(wordsInWide(wide)).toBe(line)
    expect(server.debugger.entries).toEqual([])
    expect(server.requests.records[0]).toMatchObject({ endpoint: 'speech', said: line, ended: 'whole' })
  })

  it('gets it while it is made, faster than it is spoken', async () => {
    const server = await start({ manner: { delayMs: 0, pace: 20, deltaMs: [100, 100] } })
    const response = await clientOf(server).audio.speech.create({
      model: 'tts-1',
      voice: 'nova',
      input: 'One two three four five six seven eight nine ten eleven twelve.',
      response_format: 'pcm',
    })
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(first?.done).toBe(false)
    expect(server.requests.records[0]?.ended).toBeNull()
    await reader?.cancel()
    const record = await server.requests.waitFor(({ ended }) => ended !== null)
    expect(record.ended).toBe('client-left')
  })

  it('writes exact sizes into a WAV header when told to', async () => {
    const server = await start({ manner: { pace: 100 }, switches: { wavLength: 'exact' } })
    const header = async () => {
      const response = await clientOf(server).audio.speech.create({
        model: 'tts-1',
        voice: 'alloy',
        input: 'Hi.',
        response_format: 'wav',
      })
      const bytes = Buffer.from(await response.arrayBuffer())
      return { named: bytes.readUInt32LE(40), real: bytes.length - 44 }
    }
    const exact = await header()
    expect(exact.named).toBe(exact.real)
    server.switches.wavLength = 'unknown'
    expect((await header()).named).toBe(0xffff_ffff)
  })

  it('gets events when it asks for events', async () => {
    const server = await start({ manner: { pace: 100 } })
    const response = await clientOf(server).audio.speech.create({
      model: 'gpt-4o-mini-tts',
      voice: 'cedar',
      input: 'Good evening.',
      response_format: 'pcm',
      stream_format: 'sse',
    })
    const events = (await response.text())
      .split('\n\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text.slice('data: '.length)) as { type: string; audio?: string })
    const pcm = Buffer.concat(events.map(({ audio = '' }) => Buffer.from(audio, 'base64')))
    expect(wordsInWide(new Int16Array(new Uint8Array(pcm).buffer))).toBe('Good evening.')
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { input_tokens: 4 } })
  })

  it('is refused mp3, which is the default, and told so', async () => {
    const server = await start()
    const openai = clientOf(server)
    await expect(
      openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.' }),
    ).rejects.toMatchObject({ status: 400, code: 'not_simulated', param: 'response_format' })
    expect(server.debugger.entries).toMatchObject([{ code: 'not_simulated', event: 'POST /v1/audio/speech' }])
  })
})
