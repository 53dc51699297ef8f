import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import type { Brain } from './core/brain.ts'
import { useModel, wordsIn } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const tool = (name: string, ...fields: string[]): JsonObject => ({
  type: 'function',
  name,
  description: `The tool ${name}`,
  parameters: {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
  },
})

const text = (role: string, words: string): JsonObject => ({
  type: 'conversation.item.create',
  item: {
    type: 'message',
    role,
    content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: words }],
  },
})

const responseOf = (event: JsonObject) => event.response as JsonObject & { id: string; usage: JsonObject }

async function answered(
  client: WireClient,
  response: JsonObject = {},
): Promise<JsonObject & { usage: JsonObject }> {
  client.send({ type: 'response.create', response })
  return responseOf(await client.until('response.done'))
}

describe('responses', () => {
  it('says a dictated text word for word', async () => {
    const client = await WireClient.ready(await start())
    const response = await answered(client, {
      instructions: 'Say exactly this: 「少々お待ちくださいませ。」',
    })
    expect(wordsIn(client.audioOf(response.id))).toBe('少々お待ちくださいませ。')
  })

  it('knows a replayed dialogue', async () => {
    const client = await WireClient.ready(await start())
    client.send(text('user', 'My name is Mori.'))
    client.send(text('assistant', 'Good day, Mori.'))
    client.append(speak('What did I say?', 'caller'))
    client.silence(300)
    const { id } = responseOf(await client.until('response.done'))
    expect(wordsIn(client.audioOf(id))).toBe('You said: My name is Mori.')
  })

  it('runs a tool round trip with several calls at once', async () => {
    const brain: Brain = [
      {
        when: { heard: 'weather' },
        say: 'Let me look.',
        call: [{ name: 'weather', arguments: { place: 'Kyoto' } }, { name: 'clock' }],
      },
      { when: { tool: 'weather' }, say: 'It says {toolOutput}.' },
    ]
    const server = await start({ brain })
    const client = await WireClient.ready(server, { tools: [tool('weather', 'place'), tool('clock')] })
    client.append(speak('How is the weather?', 'caller'))
    client.silence(300)
    const first = responseOf(await client.until('response.done'))
    expect(first.status).toBe('completed')
    const calls = (first.output as JsonObject[]).filter(({ type }) => type === 'function_call')
    expect(calls).toMatchObject([
      { name: 'weather', arguments: '{"place":"Kyoto"}', status: 'completed' },
      { name: 'clock', arguments: '{}', status: 'completed' },
    ])
    const order = client.events
      .filter(({ item_id, item }) => [item_id, (item as JsonObject | undefined)?.id].includes(calls[0]?.id))
      .map(({ type }) => type)
    expect(order).toEqual([
      'response.output_item.added',
      'conversation.item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'conversation.item.done',
      'response.output_item.done',
    ])
    for (const { call_id } of calls) {
      const item = { type: 'function_call_output', call_id, output: `sunny ${String(call_id).length}` }
      client.send({ type: 'conversation.item.create', item })
      await client.until('conversation.item.done')
    }
    const second = await answered(client)
    expect(wordsIn(client.audioOf(second.id))).toBe(`It says sunny ${String(calls[1]?.call_id).length}.`)
    expect(server.debugger.entries).toEqual([])
  })

  it('calls one tool only when parallel calls are off, none when tool_choice is none, and none undeclared', async () => {
    const brain: Brain = [{ when: {}, call: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }]
    const server = await start({ brain })
    const client = await WireClient.ready(server, { tools: [tool('a'), tool('b')] })
    expect((await answered(client)).output).toHaveLength(2)
    expect(server.debugger.entries).toMatchObject([{ code: 'undeclared-tool' }])
    expect((await answered(client, { parallel_tool_calls: false })).output).toHaveLength(1)
    expect((await answered(client, { tool_choice: 'none' })).output).toHaveLength(0)
  })

  it('may call a function in a response that is then cancelled', async () => {
    const brain: Brain = [
      { when: {}, call: { name: 'a' }, say: 'I have asked for it already, you see.', callFirst: true },
    ]
    const client = await WireClient.ready(await start({ brain }), { tools: [tool('a')] })
    client.send({ type: 'response.create' })
    await client.until('response.output_audio.delta')
    client.send({ type: 'response.cancel' })
    const { status, output } = responseOf(await client.until('response.done'))
    expect(status).toBe('cancelled')
    expect(output).toMatchObject([
      { type: 'function_call', name: 'a', status: 'completed' },
      { type: 'message', status: 'incomplete' },
    ])
  })

  it('answers out of band beside the main response, without touching the conversation', async () => {
    const brain: Brain = [
      { when: { metadata: { task: 'summary' } }, say: 'They spoke of {before}' },
      { when: {}, say: 'A rather long sentence that takes its time to be said.', pace: 4 },
    ]
    const server = await start({ brain })
    const client = await WireClient.ready(server)
    client.send(text('user', 'apples'))
    await client.until('conversation.item.done')
    client.send({ type: 'response.create' })
    await client.until('response.output_audio.delta')
    const items = server.sessions[0]?.conversation.entries.length
    client.send({
      type: 'response.create',
      response: {
        conversation: 'none',
        metadata: { task: 'summary' },
        output_modalities: ['text'],
        input: [
          { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'apples and pears' }] },
          { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'Sum up.' }] },
        ],
      },
    })
    const side = await client.until(
      'response.done',
      ({ response }) => (response as JsonObject).metadata !== null,
    )
    expect(side.response).toMatchObject({
      conversation_id: null,
      metadata: { task: 'summary' },
      output_modalities: ['text'],
      output: [{ content: [{ type: 'output_text', text: 'They spoke of apples and pears' }] }],
    })
    expect(server.sessions[0]?.conversation.entries).toHaveLength(items ?? 0)
    const main = responseOf(await client.until('response.done'))
    expect(main).toMatchObject({ status: 'completed', metadata: null })
    expect(main.conversation_id).toMatch(/^conv_/)
    const sideId = (side.response as JsonObject).id
    const kinds = client.events.filter(({ response_id: id }) => id === sideId).map(({ type }) => type)
    expect(kinds).toContain('response.output_text.delta')
    expect(kinds).not.toContain('response.output_audio.delta')
  })

  it('stops at max_output_tokens, or where a rule says', async () => {
    const brain: Brain = [
      {
        when: { asked: 'fail' },
        say: 'This will not work out.',
        ends: { status: 'failed', code: 'server_error', message: 'Sorry.' },
      },
      {
        when: { asked: 'filter' },
        say: 'This will be cut.',
        ends: { status: 'incomplete', reason: 'content_filter' },
      },
      { when: {}, say: 'One two three four five six seven eight nine ten eleven twelve.' },
    ]
    const client = await WireClient.ready(await start({ brain }))
    expect(await answered(client, { max_output_tokens: 20 })).toMatchObject({
      status: 'incomplete',
      status_details: { type: 'incomplete', reason: 'max_output_tokens' },
      max_output_tokens: 20,
    })
    expect(await answered(client, { instructions: 'filter' })).toMatchObject({
      status_details: { type: 'incomplete', reason: 'content_filter' },
    })
    expect(await answered(client, { instructions: 'fail' })).toMatchObject({
      status: 'failed',
      status_details: {
        type: 'failed',
        error: { type: 'server_error', code: 'server_error', message: 'Sorry.' },
      },
      usage: null,
    })
  })

  it('counts usage by kind, history again and from the cache', async () => {
    const brain: Brain = [{ when: {}, say: 'Yes, of course we can do that for you.' }]
    const server = await start({ brain })
    const client = await WireClient.ready(server, { instructions: 'x'.repeat(800) })
    const pcm = speak('Can you do it?', 'caller')
    client.append(pcm)
    client.silence(300)
    const first = responseOf(await client.until('response.done'))
    const turn = server.sessions[0]?.understood[0]
    const callerTokens = Math.ceil(((turn?.endMs ?? 0) - (turn?.startMs ?? 0)) / 100)
    const assistantTokens = Math.ceil(client.audioOf(first.id).length / 8 / 50)
    const transcript = 'Yes, of course we can do that for you.'
    expect(first.usage).toMatchObject({
      input_tokens: 200 + callerTokens,
      input_token_details: {
        text_tokens: 200,
        audio_tokens: callerTokens,
        image_tokens: 0,
        cached_tokens: 0,
      },
      output_token_details: { audio_tokens: assistantTokens },
    })
    const spoken = (first.usage.output_token_details as JsonObject).text_tokens as number
    expect(spoken).toBeGreaterThanOrEqual(Math.ceil(transcript.length / 4))
    expect(first.usage.total_tokens).toBe(200 + callerTokens + assistantTokens + spoken)
    const { usage } = await answered(client)
    const known = 200 + callerTokens
    expect(usage.input_token_details).toMatchObject({
      text_tokens: 200,
      audio_tokens: callerTokens + assistantTokens,
      cached_tokens: known - (known % 64),
    })
  })

  it.each([[{ switches: { usage: 'null' } } as const], [{ faults: [{ kind: 'no-usage' }] } as const]])(
    'may leave usage out',
    async (options) => {
      const client = await WireClient.ready(await start(options))
      expect((await answered(client)).usage).toBeNull()
    },
  )

  it('mixes in what no document names, when told to', async () => {
    const client = await WireClient.ready(
      await start({ switches: { unknownEvents: true, conversationCreated: true, rateLimits: 'at-start' } }),
    )
    await answered(client)
    await client.until('response.mood.updated')
    expect(client.order.slice(0, 2)).toEqual(['session.created', 'conversation.created'])
    expect(client.order.indexOf('rate_limits.updated')).toBeLessThan(client.order.indexOf('response.created'))
    const delta = client.events.find(({ type }) => type === 'response.output_audio.delta')
    expect(delta?.obfuscation).toMatch(/^\w{8}$/)
  })
})
