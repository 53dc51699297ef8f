import OpenAI from 'openai'
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionToolChoiceOption,
} from 'openai/resources/chat/completions'
import { describe, expect, it } from 'vitest'
import type { Brain } from '../core/brain.ts'
import type { Model } from '../model.ts'
import { useModel, wordsIn } from '../model-under-test.ts'
import { WireClient } from '../wire-client.ts'

const start = useModel()

const clientOf = (model: Model, apiKey = model.apiKey) =>
  new OpenAI({ apiKey, baseURL: model.baseUrl, maxRetries: 0 })

type Asked = Omit<ChatCompletionCreateParamsNonStreaming, 'stream'>

const ask = (text: string, more: Partial<Asked> = {}): Asked => ({
  model: 'gpt-4.1-mini',
  messages: [{ role: 'user', content: text }],
  ...more,
})

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    strict: true,
    parameters: {
      type: 'object',
      properties: { place: { type: 'string' } },
      required: ['place'],
      additionalProperties: false,
    },
  },
} as const

const WEATHER: Brain = [
  { when: { tool: 'weather' }, say: 'It says {toolOutput}.' },
  {
    when: { heard: 'weather' },
    say: 'One moment.',
    call: { name: 'weather', arguments: { place: 'Kyoto' } },
  },
  { when: { heard: 'both' }, call: [{ name: 'weather' }, { name: 'weather' }] },
  { when: { any: true }, say: ['First.', 'Second, after {before}.'] },
]

describe("OpenAI's own client, chatting", () => {
  it('gets a completion, with its usage, signed by a dated model', async () => {
    const server = await start({ brain: [{ when: { heard: 'open' }, say: 'From nine to six.' }] })
    const completion = await clientOf(server).chat.completions.create(ask('When do you open?'))
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-4.1-mini-2025-04-14',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'From nine to six.', refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 8, prompt_tokens_details: { cached_tokens: 0 } },
    })
    expect(completion.id).toMatch(/^chatcmpl-\w{21}$/)
    expect(completion.usage?.total_tokens).toBe(
      (completion.usage?.prompt_tokens ?? 0) + (completion.usage?.completion_tokens ?? 0),
    )
    expect(server.debugger.entries).toEqual([])
    expect(server.requests.records).toMatchObject([
      { index: 0, endpoint: 'chat', status: 200, said: 'From nine to six.', ended: 'whole' },
    ])
  })

  it('streams words and calls, and the usage at the end', async () => {
    const server = await start({ brain: WEATHER })
    const stream = clientOf(server).chat.completions.stream({
      ...ask('How is the weather?'),
      tools: [weather],
      stream_options: { include_usage: true },
    })
    const deltas: string[] = []
    stream.on('content.delta', ({ delta }) => deltas.push(delta))
    const final = await stream.finalChatCompletion()
    expect(deltas.join('')).toBe('One moment.')
    expect(final.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'One moment.',
        tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"place":"Kyoto"}' } }],
      },
    })
    expect(final.usage?.completion_tokens).toBeGreaterThan(5)
    expect(server.debugger.entries).toEqual([])
  })

  it('streams without usage unless asked, with obfuscation unless told not to', async () => {
    const server = await start({ brain: WEATHER })
    const chunks = async (include_obfuscation: boolean) => {
      const stream = await clientOf(server).chat.completions.create({
        ...ask('Hello.'),
        stream: true,
        stream_options: { include_obfuscation },
      })
      const all: ChatCompletionChunk[] = []
      for await (const chunk of stream) all.push(chunk)
      return all
    }
    const plain = await chunks(false)
    expect(plain[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(plain.at(-1)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(plain.some((chunk) => 'usage' in chunk || 'obfuscation' in chunk)).toBe(false)
    expect((await chunks(true)).every((chunk) => 'obfuscation' in chunk)).toBe(true)
  })

  it('answers a result, and remembers a conversation by its prompt alone', async () => {
    const openai = clientOf(await start({ brain: WEATHER }))
    const messages: ChatCompletionCreateParamsNonStreaming['messages'] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Good morning.' },
    ]
    const say = async (text?: string) => {
      if (text !== undefined) messages.push({ role: 'user', content: text })
      const { choices } = await openai.chat.completions.create({
        model: 'gpt-4o',
        messages,
        tools: [weather],
      })
      const message = choices[0]?.message
      if (message) messages.push(message)
      return message
    }
    expect((await say())?.content).toBe('First.')
    const call = (await say('And the weather?'))?.tool_calls?.[0]
    messages.push({ role: 'tool', tool_call_id: call?.id ?? '', content: '"sunny"' })
    expect((await say())?.content).toBe('It says "sunny".')
    expect((await say('Thanks.'))?.content).toBe('Second, after And the weather?.')
    // Another conversation, and a repeat of the same prompt, begin where they begin.
    for (let times = 0; times < 2; times += 1) {
      const other = await openai.chat.completions.create(ask('Good morning.'))
      expect(other.choices[0]?.message.content).toBe('First.')
    }
  })

  it('plays a script as the realtime session does', async () => {
    const server = await start({ brain: WEATHER })
    const session = await WireClient.ready(server)
    session.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] },
    })
    session.send({ type: 'response.create' })
    const done = (await session.until('response.done')).response as { id: string }
    const spoken = wordsIn(session.audioOf(done.id))
    const written = await clientOf(server).chat.completions.create(ask('Hello.'))
    expect(written.choices[0]?.message.content).toBe(spoken)
  })

  it('takes its calls one or all at a time, as told', async () => {
    const openai = clientOf(await start({ brain: WEATHER }))
    const count = async (parallel_tool_calls: boolean) => {
      const done = await openai.chat.completions.create({
        ...ask('Do both.'),
        tools: [weather],
        parallel_tool_calls,
      })
      return done.choices[0]?.message.tool_calls?.length
    }
    expect(await count(true)).toBe(2)
    expect(await count(false)).toBe(1)
  })

  it('calls what it must and only what it may', async () => {
    const server = await start({ brain: WEATHER })
    const openai = clientOf(server)
    const told = async (tool_choice: ChatCompletionToolChoiceOption, text: string) => {
      const { choices } = await openai.chat.completions.create({
        ...ask(text),
        tools: [weather],
        tool_choice,
      })
      return { calls: choices[0]?.message.tool_calls?.length ?? 0, finish: choices[0]?.finish_reason }
    }
    expect(await told('none', 'weather')).toEqual({ calls: 0, finish: 'stop' })
    expect(await told('required', 'Hello.')).toEqual({ calls: 1, finish: 'tool_calls' })
    const named = { type: 'function', function: { name: 'weather' } } as const
    expect(await told(named, 'Hello.')).toEqual({ calls: 1, finish: 'stop' })
    server.switches.forcedCall = 'tool_calls'
    expect(await told(named, 'Hello.')).toEqual({ calls: 1, finish: 'tool_calls' })
  })

  it('ends for every reason there is', async () => {
    const server = await start({
      brain: [
        {
          when: { heard: 'filter' },
          say: 'Something that nobody should hear.',
          ends: { status: 'incomplete', reason: 'content_filter' },
        },
        {
          when: { heard: 'fail' },
          say: 'A half.',
          ends: { status: 'failed', code: 'server_error', message: 'Oh.' },
        },
        { when: { any: true }, say: 'One two three four five six seven eight.' },
      ],
    })
    const openai = clientOf(server)
    const ended = async (text: string, more: Partial<Asked> = {}) => {
      const { choices } = await openai.chat.completions.create(ask(text, more))
      return [choices[0]?.finish_reason, choices[0]?.message.content]
    }
    expect(await ended('x', { max_completion_tokens: 2 })).toEqual(['length', 'One two '])
    expect(await ended('x', { stop: ['five', ' three'] })).toEqual(['stop', 'One two'])
    expect(await ended('filter')).toEqual(['content_filter', 'Something that no'])
    // A thinking model may have thought all its tokens away.
    expect(await ended('x', { model: 'gpt-5-mini', max_completion_tokens: 100 })).toEqual(['length', ''])
    await expect(ended('fail')).rejects.toMatchObject({ status: 500, message: '500 Oh.' })
    const stream = openai.chat.completions.stream(ask('fail'))
    await expect(stream.finalContent()).rejects.toThrow('Oh.')
  })

  it('writes JSON when it is asked for JSON', async () => {
    const server = await start({
      brain: [
        { when: { heard: 'own' }, say: '{"mood":"good","count":3}' },
        { when: { heard: 'off' }, say: '{"mood":3}' },
        { when: { any: true }, say: 'Fine words.' },
      ],
    })
    const openai = clientOf(server)
    const schema = {
      type: 'object',
      properties: { mood: { type: 'string' }, count: { type: 'integer', minimum: 2 } },
      required: ['mood', 'count'],
      additionalProperties: false,
    }
    const strict = { type: 'json_schema', json_schema: { name: 'mood', strict: true, schema } } as const
    const written = async (
      text: string,
      response_format: ChatCompletionCreateParamsNonStreaming['response_format'],
    ) => {
      const { choices } = await openai.chat.completions.create(
        ask(text, { ...(response_format ? { response_format } : {}) }),
      )
      return JSON.parse(choices[0]?.message.content ?? '')
    }
    expect(await written('own', strict)).toEqual({ mood: 'good', count: 3 })
    expect(await written('x', strict)).toEqual({ mood: 'Fine words.', count: 2 })
    expect(await written('json please', { type: 'json_object' })).toEqual({ text: 'Fine words.' })
    expect(server.debugger.entries).toEqual([])
    await written('off', strict)
    expect(server.debugger.entries).toMatchObject([
      { code: 'off-schema', event: 'POST /v1/chat/completions' },
    ])
  })

  it('counts what it has read before as cached', async () => {
    const openai = clientOf(await start({ brain: WEATHER }))
    const long = { role: 'system', content: 'All about our house. '.repeat(300) } as const
    const usage = async (text: string) => {
      const { usage } = await openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [long, { role: 'user', content: text }],
      })
      return usage
    }
    expect((await usage('One.'))?.prompt_tokens_details?.cached_tokens).toBe(0)
    const second = await usage('Two.')
    const cached = second?.prompt_tokens_details?.cached_tokens ?? 0
    expect(cached % 128).toBe(0)
    expect(cached).toBeGreaterThan((second?.prompt_tokens ?? 0) - 160)
    expect(cached).toBeLessThanOrEqual(second?.prompt_tokens ?? 0)
  })

  it('is told of a wrong key, an unknown model and a full minute', async () => {
    const server = await start({ switches: { requestsPerMinute: 2 } })
    await expect(clientOf(server, 'sk-wrong').chat.completions.create(ask('x'))).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    })
    const openai = clientOf(server)
    await expect(openai.chat.completions.create(ask('x', { model: 'gpt-9' }))).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
    const { response } = await openai.chat.completions.create(ask('x')).withResponse()
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    await openai.chat.completions.create(ask('x'))
    const error = await openai.chat.completions.create(ask('x')).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    const { code, type, headers } = error as InstanceType<typeof OpenAI.RateLimitError>
    expect([code, type]).toEqual(['rate_limit_exceeded', 'requests'])
    expect(Number(headers?.get('retry-after'))).toBeGreaterThan(20)
    expect(server.debugger.entries.map((entry) => entry.code)).toEqual([
      'invalid_api_key',
      'model_not_found',
      'rate_limit_exceeded',
    ])
  })
})
