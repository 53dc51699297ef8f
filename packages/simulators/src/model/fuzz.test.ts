import { describe, expect, it } from 'vitest'
import { useModel } from './model-under-test.ts'
import { isObject, type JsonObject } from './protocol/shape.ts'
import { Random } from './random.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const VALID: JsonObject[] = [
  {
    type: 'session.update',
    event_id: 'e',
    session: {
      type: 'realtime',
      instructions: 'x',
      output_modalities: ['text'],
      max_output_tokens: 100,
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object', properties: {} } },
      ],
      tool_choice: { type: 'function', name: 'f' },
      truncation: { type: 'retention_ratio', retention_ratio: 0.8 },
      audio: {
        input: {
          format: { type: 'audio/pcmu' },
          transcription: { model: 'whisper-1', language: 'ja' },
          noise_reduction: { type: 'near_field' },
          turn_detection: { type: 'server_vad', threshold: 0.4, prefix_padding_ms: 0, idle_timeout_ms: 5000 },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: { id: 'voice_x' }, speed: 1.1 },
      },
    },
  },
  { type: 'input_audio_buffer.append', audio: Buffer.alloc(400, 0x55).toString('base64') },
  { type: 'input_audio_buffer.commit' },
  { type: 'input_audio_buffer.clear' },
  {
    type: 'conversation.item.create',
    previous_item_id: null,
    item: {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'hello' },
        { type: 'input_audio', audio: 'AAAAAAAA' },
        { type: 'input_image', image_url: 'data:', detail: 'low' },
      ],
    },
  },
  {
    type: 'conversation.item.create',
    item: { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
  },
  {
    type: 'conversation.item.create',
    item: { type: 'function_call_output', call_id: 'c', output: '{"a":1}' },
  },
  { type: 'conversation.item.truncate', item_id: 'i', content_index: 0, audio_end_ms: 5 },
  { type: 'conversation.item.delete', item_id: 'i' },
  { type: 'conversation.item.retrieve', item_id: 'i' },
  {
    type: 'response.create',
    response: {
      conversation: 'none',
      metadata: { a: 'b' },
      input: [
        { type: 'item_reference', id: 'i' },
        { type: 'function_call', call_id: 'd', name: 'f', arguments: '' },
      ],
      audio: { output: { voice: 'marin', format: { type: 'audio/pcma' } } },
      tools: [],
    },
  },
  { type: 'response.cancel', response_id: 'r' },
]

const STRANGE: unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  '\u0000',
  'root',
  [],
  {},
  [[null]],
  { type: 'audio/pcmu' },
  '__proto__',
  0.5,
]

/** Copies a value, replacing, dropping or adding something about once in eight places. */
function mutated(value: unknown, random: Random): unknown {
  if (random.next() < 0.06) return STRANGE[Math.floor(random.next() * STRANGE.length)]
  if (Array.isArray(value)) return value.map((entry) => mutated(entry, random))
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(() => random.next() > 0.03)
  if (random.next() < 0.04) entries.push([random.letters(4), 1])
  return Object.fromEntries(
    entries.map(([key, entry]) => [
      key,
      key === 'type' && random.next() < 0.9 ? entry : mutated(entry, random),
    ]),
  )
}

describe('mutated client events', () => {
  it('never break the server', { timeout: 30_000 }, async () => {
    const server = await start({ manner: { delayMs: 1, pace: 500 } })
    const random = new Random(20_261_121)
    let sent = 0
    for (let round = 0; round < 5; round += 1) {
      const client = new WireClient(server)
      await client.until('session.created')
      for (let count = 0; count < 1000; count += 1) {
        const event = mutated(VALID[Math.floor(random.next() * VALID.length)], random)
        const text = JSON.stringify(event) ?? ''
        client.send(random.next() < 0.02 ? text.slice(0, Math.floor(random.next() * text.length)) : text)
        sent += 1
      }
      client.send({ type: 'conversation.item.retrieve', event_id: 'last', item_id: 'nothing' })
      await client.until('error', ({ error }) => (error as JsonObject).event_id === 'last')
      const faults = client.events.filter(({ error }) => isObject(error) && error.code === 'server_error')
      expect(faults).toEqual([])
      expect((await client.close()).code).toBe(1005)
    }
    expect(sent).toBe(5000)
    expect(server.debugger.entries.length).toBeGreaterThan(1000)
  })
})
