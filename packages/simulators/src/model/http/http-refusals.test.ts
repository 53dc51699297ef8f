import { request } from 'node:https'
import { describe, expect, it } from 'vitest'
import type { Model } from '../model.ts'
import { useModel } from '../model-under-test.ts'
import type { JsonObject } from '../protocol/shape.ts'

const start = useModel()

type Refused = { status: number; error: JsonObject | undefined; headers: Headers }

async function post(
  model: Model,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Refused> {
  const answer = await fetch(`${model.baseUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${model.apiKey}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const json = (await answer.json()) as { error?: JsonObject }
  return { status: answer.status, error: json.error, headers: answer.headers }
}

const user = { role: 'user', content: 'Hello.' }
const call = (id: string) => ({ id, type: 'function', function: { name: 'hours', arguments: '{}' } })
const calling = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map(call) })
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'x' })
const tool = (more: JsonObject = {}) => ({ type: 'function', function: { name: 'hours', ...more } })
const open = { type: 'object', properties: { day: { type: 'string' } } }
const closed = { ...open, additionalProperties: false }

const chat = (more: JsonObject) => ({ model: 'gpt-4o-mini', messages: [user], ...more })
const messages = (...list: unknown[]) => chat({ messages: list })

const param = 'messages'
type Row = [what: string, body: unknown, error: JsonObject, status?: number]

const CHAT: Row[] = [
  ['no JSON', '{', { code: null, param: null }],
  ['a list', [], { code: null, param: null }],
  ['no model', { messages: [user] }, { message: 'you must provide a model parameter', code: null }],
  ['an unknown model', chat({ model: 'gpt-6-giga' }), { code: 'model_not_found', param: null }, 404],
  ['a realtime model', chat({ model: 'gpt-realtime-2.1' }), { code: null, param: 'model' }, 404],
  ['a model of the Responses API', chat({ model: 'gpt-5-pro' }), { code: null, param: 'model' }, 404],
  ['a model that hears', chat({ model: 'gpt-4o-audio-preview' }), { code: 'not_simulated', param: 'model' }],
  [
    'an unknown parameter',
    chat({ top_k: 3 }),
    { message: 'Unrecognized request argument supplied: top_k', param: null, code: null },
  ],
  ['no messages', { model: 'gpt-4o' }, { code: 'missing_required_parameter', param }],
  ['empty messages', messages(), { code: 'empty_array', param }],
  [
    'an unknown role',
    messages({ role: 'caller', content: 'x' }),
    { code: 'invalid_value', param: 'messages[0].role' },
  ],
  [
    'an unknown key in a message',
    messages({ ...user, text: 'x' }),
    { code: 'unknown_parameter', param: 'messages[0].text' },
  ],
  [
    'content that is a number',
    messages({ role: 'user', content: 3 }),
    { code: 'invalid_type', param: 'messages[0].content' },
  ],
  [
    'a user who says null',
    messages({ role: 'user', content: null }),
    { param: 'messages.[0].content', code: null },
  ],
  ['an assistant who says nothing', messages(user, { role: 'assistant' }), { param: 'messages.[1].content' }],
  [
    'an image',
    messages({ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }),
    { code: 'not_simulated' },
  ],
  [
    'no calls in tool_calls',
    messages(user, { ...calling(), content: 'x' }),
    { code: 'empty_array', param: 'messages[1].tool_calls' },
  ],
  [
    'a long call id',
    messages(user, calling('x'.repeat(41)), result('x')),
    { code: 'string_above_max_length', param: 'messages[1].tool_calls[0].id' },
  ],
  [
    'a result of no call',
    messages(user, result('call_a')),
    {
      message:
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      param: 'messages.[1].role',
      code: null,
    },
  ],
  [
    'a result of another call',
    messages(user, calling('call_a'), result('call_b')),
    { param: 'messages.[2].tool_call_id' },
  ],
  [
    'a result given twice',
    messages(user, calling('call_a'), result('call_a'), result('call_a')),
    { param: 'messages.[3].tool_call_id' },
  ],
  ['a result come late', messages(user, calling('call_a'), user, result('call_a')), { param }],
  [
    'a call without its result',
    messages(user, calling('call_a', 'call_b'), result('call_a')),
    { message: expect.stringMatching(/did not have response messages: call_b$/), param, code: null },
  ],
  [
    'a tool without a name',
    chat({ tools: [{ type: 'function', function: {} }] }),
    { code: 'missing_required_parameter', param: 'tools[0].function.name' },
  ],
  [
    'a flat tool, as realtime sessions have',
    chat({ tools: [{ type: 'function', name: 'hours' }] }),
    { code: 'missing_required_parameter', param: 'tools[0].function' },
  ],
  [
    'a tool name with spaces',
    chat({ tools: [tool({ name: 'my hours' })] }),
    { code: 'invalid_value', param: 'tools[0].function.name' },
  ],
  ['no tools in tools', chat({ tools: [] }), { code: 'empty_array', param: 'tools' }],
  [
    'parameters that are no object',
    chat({ tools: [tool({ parameters: { type: 'string' } })] }),
    { code: 'invalid_function_parameters', param: 'tools[0].function.parameters' },
  ],
  [
    'an open schema called strict',
    chat({ tools: [tool({ parameters: open, strict: true })] }),
    {
      code: 'invalid_function_parameters',
      message: expect.stringContaining("In context=(), 'additionalProperties' is required"),
    },
  ],
  [
    'an optional field in a strict schema',
    chat({ tools: [tool({ parameters: closed, strict: true })] }),
    { message: expect.stringContaining("Missing 'day'") },
  ],
  ['a choice without tools', chat({ tool_choice: 'auto' }), { param: 'tool_choice', code: null }],
  ['parallel calls without tools', chat({ parallel_tool_calls: true }), { param: 'parallel_tool_calls' }],
  [
    'a choice of an undeclared tool',
    chat({ tools: [tool()], tool_choice: { type: 'function', function: { name: 'x' } } }),
    { param: 'tool_choice' },
  ],
  ['a custom tool', chat({ tools: [{ type: 'custom', custom: { name: 'x' } }] }), { code: 'not_simulated' }],
  [
    'stream options without a stream',
    chat({ stream_options: { include_usage: true } }),
    { param: 'stream_options', code: null },
  ],
  ['metadata that is not stored', chat({ metadata: { a: 'b' } }), { param: 'metadata' }],
  ['too hot', chat({ temperature: 2.1 }), { code: 'decimal_above_max_value', param: 'temperature' }],
  [
    'no tokens',
    chat({ max_completion_tokens: 0 }),
    { code: 'integer_below_min_value', param: 'max_completion_tokens' },
  ],
  [
    'too many tokens',
    chat({ max_completion_tokens: 20_000 }),
    { code: 'invalid_value', param: 'max_tokens' },
  ],
  [
    'both limits',
    chat({ max_completion_tokens: 5, max_tokens: 5 }),
    { code: 'invalid_parameter_combination' },
  ],
  ['five stops', chat({ stop: ['a', 'b', 'c', 'd', 'e'] }), { param: 'stop' }],
  ['two choices', chat({ n: 2 }), { code: 'not_simulated', param: 'n' }],
  [
    'effort of one that does not think',
    chat({ reasoning_effort: 'low' }),
    { message: 'Unrecognized request argument supplied: reasoning_effort' },
  ],
  [
    'max_tokens of a thinking model',
    chat({ model: 'gpt-5-mini', max_tokens: 9 }),
    { code: 'unsupported_parameter', param: 'max_tokens' },
  ],
  [
    'temperature of a thinking model',
    chat({ model: 'o4-mini', temperature: 0.2 }),
    { code: 'unsupported_value', param: 'temperature' },
  ],
  [
    'stop of a thinking model',
    chat({ model: 'gpt-5.1', stop: 'x', reasoning_effort: 'low' }),
    { code: 'unsupported_parameter', param: 'stop' },
  ],
  [
    'JSON that nobody asked for in words',
    chat({ response_format: { type: 'json_object' } }),
    { param, code: null },
  ],
  [
    'an open response schema called strict',
    chat({
      response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: open } },
    }),
    { param: 'response_format', code: null },
  ],
  [
    'more than the model can read',
    messages({ role: 'user', content: '長'.repeat(130_000) }),
    { code: 'context_length_exceeded', param },
  ],
]

const speech = (more: JsonObject) => ({
  model: 'gpt-4o-mini-tts',
  voice: 'alloy',
  input: 'Hello.',
  response_format: 'wav',
  ...more,
})

const SPEECH: Row[] = [
  ['no model', { input: 'x', voice: 'alloy' }, { message: 'you must provide a model parameter' }],
  ['a chat model', speech({ model: 'gpt-4o' }), { code: 'model_not_found' }, 404],
  ['no voice', { model: 'tts-1', input: 'x' }, { code: 'missing_required_parameter', param: 'voice' }],
  ['no input', { model: 'tts-1', voice: 'alloy' }, { code: 'missing_required_parameter', param: 'input' }],
  ['empty input', speech({ input: '' }), { code: 'string_below_min_length', param: 'input' }],
  [
    'too many characters',
    speech({ input: 'x'.repeat(4097) }),
    { code: 'string_above_max_length', param: 'input' },
  ],
  ['too many tokens', speech({ input: '長'.repeat(2001) }), { code: 'invalid_value', param: null }],
  ['an unknown voice', speech({ voice: 'hal' }), { code: 'invalid_value', param: 'voice' }],
  [
    'a new voice on an old model',
    speech({ model: 'tts-1', voice: 'marin' }),
    { code: 'invalid_value', param: 'voice' },
  ],
  ['too fast', speech({ speed: 4.5 }), { code: 'decimal_above_max_value', param: 'speed' }],
  [
    'an unknown format',
    speech({ response_format: 'ogg' }),
    { code: 'invalid_value', param: 'response_format' },
  ],
  [
    'a format that needs an encoder',
    speech({ response_format: 'opus' }),
    { code: 'not_simulated', param: 'response_format' },
  ],
  [
    'events from an old model',
    speech({ model: 'tts-1', stream_format: 'sse' }),
    { code: 'unsupported_value', param: 'stream_format' },
  ],
  ['an unknown parameter', speech({ format: 'wav' }), { code: 'unknown_parameter', param: 'format' }],
]

describe.each([
  ['/chat/completions', CHAT],
  ['/audio/speech', SPEECH],
] as const)('POST /v1%s', (path, rows) => {
  it.each(rows)('refuses %s', async (_, body, error, status = 400) => {
    const server = await start()
    const refused = await post(server, path, body)
    expect(refused).toMatchObject({ status, error: { type: 'invalid_request_error', ...error } })
    expect(refused.headers.get('x-request-id')).toMatch(/^req_/)
    expect(server.debugger.entries).toMatchObject([
      { event: `POST /v1${path}`, requestId: refused.headers.get('x-request-id') },
    ])
    expect(server.debugger.entries).toHaveLength(1)
  })
})

describe('the door', () => {
  it('asks for the one key, as a bearer or as Azure clients send it', async () => {
    const server = await start()
    const key = async (headers: Record<string, string>, path = '/chat/completions') => {
      const { status, error } = await post(server, path, chat({}), headers)
      return [status, error?.code]
    }
    expect(await key({ authorization: '' })).toEqual([401, null])
    expect(await key({ authorization: 'Bearer sk-nobodys-key' })).toEqual([401, 'invalid_api_key'])
    expect(await key({ authorization: '', 'api-key': server.apiKey })).toEqual([200, undefined])
    expect(server.debugger.entries.map(({ code }) => code)).toEqual([
      'invalid_request_error',
      'invalid_api_key',
    ])
  })

  it('knows its paths, methods, types and sizes', async () => {
    const server = await start()
    expect(await post(server, '/responses', {})).toMatchObject({
      status: 404,
      error: { code: 'unknown_url' },
    })
    const get = await fetch(`${server.baseUrl}/chat/completions`)
    expect([get.status, await get.json()]).toMatchObject([405, { error: { code: 'method_not_supported' } }])
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await post(server, '/chat/completions', 'a=b', form)).toMatchObject({
      status: 400,
      error: { code: 'unsupported_content_type' },
    })
    const huge = messages({ role: 'user', content: 'x'.repeat(9 * 1024 * 1024) })
    expect((await post(server, '/chat/completions', huge)).status).toBe(413)
    expect(server.debugger.entries).toHaveLength(4)
    const charset = { 'content-type': 'application/json; charset=utf-8' }
    expect((await post(server, '/chat/completions', chat({}), charset)).status).toBe(200)
  })

  it('is open on the same port with TLS', async () => {
    const server = await start({ brain: [{ when: {}, say: 'Safely.' }] })
    const url = `${server.secureBaseUrl}/chat/completions`
    const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' }
    const text = await new Promise<string>((resolve, reject) => {
      const asking = request(url, { method: 'POST', headers, ca: server.ca }, (answer) => {
        let body = ''
        answer.on('data', (piece) => {
          body += piece
        })
        answer.on('end', () => resolve(body))
      })
      asking.on('error', reject)
      asking.end(JSON.stringify(chat({})))
    })
    expect(JSON.parse(text)).toMatchObject({ choices: [{ message: { content: 'Safely.' } }] })
  })

  it('takes whatever comes, and stays up', async () => {
    const server = await start()
    const oddities = [
      null,
      [],
      {},
      '',
      0,
      -1,
      1e308,
      true,
      'x'.repeat(300),
      { type: 'x' },
      [[]],
      [null],
      '\u0000',
    ]
    const keys = [
      'model',
      'messages',
      'tools',
      'tool_choice',
      'stop',
      'response_format',
      'stream',
      'stream_options',
      'metadata',
      'input',
      'voice',
      'speed',
      'response_format',
    ]
    for (const key of keys) {
      for (const value of oddities) {
        for (const [path, body] of [
          ['/chat/completions', chat({ [key]: value })],
          ['/audio/speech', speech({ [key]: value })],
        ] as const) {
          const { status } = await fetch(`${server.baseUrl}${path}`, {
            method: 'POST',
            headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }).then(async (answer) => {
            await answer.arrayBuffer()
            return answer
          })
          expect([200, 400, 404], `${path} with ${key}: ${JSON.stringify(value)}`).toContain(status)
        }
      }
    }
    expect(server.debugger.entries.filter(({ code }) => code === 'server_error')).toEqual([])
  })
})
