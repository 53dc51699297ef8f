import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../faults.ts'
import type { Model } from '../model.ts'
import { useModel } from '../model-under-test.ts'

const start = useModel()

const clientOf = (model: Model, maxRetries = 0, timeout = 8000) =>
  new OpenAI({ apiKey: model.apiKey, baseURL: model.baseUrl, maxRetries, timeout })

const asked = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Tell me of your hours.' }],
}
const tools = [
  { type: 'function' as const, function: { name: 'hours', parameters: { type: 'object', properties: {} } } },
]
const SAYING = 'We are open from nine to six, and on Saturdays until noon.'

const talking = (...faults: Fault[]) => start({ faults, brain: [{ when: {}, say: SAYING }] })
const calling = (...faults: Fault[]) =>
  start({ faults, brain: [{ when: {}, call: { name: 'hours', arguments: { day: 'today' } } }] })

async function streamed(model: Model): Promise<{ words: string; error: unknown }> {
  let words = ''
  try {
    for await (const chunk of await clientOf(model).chat.completions.create({ ...asked, stream: true }))
      words += chunk.choices[0]?.delta.content ?? ''
    return { words, error: null }
  } catch (error) {
    return { words, error }
  }
}

describe('faults of a request', () => {
  it('limits the rate so many times, and the client that waits as told gets through', async () => {
    const server = await talking({ kind: 'refuse-request', status: 429, retryAfterS: 0.05, times: 2 })
    const { data, response } = await clientOf(server, 2).chat.completions.create(asked).withResponse()
    expect(data.choices[0]?.message.content).toBe(SAYING)
    expect(response.status).toBe(200)
    expect(server.requests.records.map(({ status, code }) => [status, code])).toEqual([
      [429, 'rate_limit_exceeded'],
      [429, 'rate_limit_exceeded'],
      [200, null],
    ])
    expect(server.debugger.entries).toEqual([])
  })

  it('says with a 429 when to come again', async () => {
    const server = await talking({ kind: 'refuse-request', status: 429, retryAfterS: 7, times: 'always' })
    const error = await clientOf(server)
      .chat.completions.create(asked)
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    const { headers, requestID } = error as InstanceType<typeof OpenAI.RateLimitError>
    expect(headers?.get('retry-after')).toBe('7')
    expect(headers?.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(headers?.get('x-ratelimit-reset-requests')).toBe('7s')
    expect(requestID).toBe(server.requests.records[0]?.id)
  })

  it.each([500, 502, 503, 529])(
    'fails with %i at the request and endpoint it is meant for',
    async (status) => {
      const server = await talking({
        kind: 'refuse-request',
        status,
        to: 'chat',
        request: 1,
        type: 'overloaded',
      })
      const openai = clientOf(server)
      const speech = { model: 'tts-1', voice: 'alloy', input: 'Hi.', response_format: 'pcm' } as const
      expect((await openai.audio.speech.create(speech)).status).toBe(200)
      await expect(openai.chat.completions.create(asked)).rejects.toMatchObject({
        status,
        type: 'overloaded',
      })
      await openai.chat.completions.create(asked)
    },
  )

  it('is slow before the first byte and between pieces', async () => {
    const server = await talking({ kind: 'slow-answer', firstByteMs: 120, betweenMs: 15 })
    expect((await streamed(server)).words).toBe(SAYING)
    const slow = await server.requests.waitFor(({ ended }) => ended === 'whole')
    expect((slow.firstByteAt ?? 0) - slow.at).toBeGreaterThan(120)
    // Head, five pieces of words, end and [DONE]: seven gaps.
    expect((slow.endedAt ?? 0) - (slow.firstByteAt ?? 0)).toBeGreaterThan(7 * 15 - 10)
  })

  it.each([0, 2])('stalls for ever after %i pieces, until the client gives up', async (after) => {
    const server = await talking({ kind: 'stall-answer', after })
    const gaveUp = new AbortController()
    const call = clientOf(server).chat.completions.create(
      { ...asked, stream: true },
      { signal: gaveUp.signal },
    )
    if (after === 0) {
      await server.requests.waitFor(({ status }) => status === 200)
      expect(server.requests.records[0]?.firstByteAt).toBeNull()
      gaveUp.abort()
      await expect(call).rejects.toThrow(OpenAI.APIUserAbortError)
    } else {
      let words = ''
      for await (const chunk of await call) {
        words += chunk.choices[0]?.delta.content ?? ''
        if (words !== '') gaveUp.abort()
      }
      expect(words).toBe(SAYING.slice(0, 12))
    }
    expect((await server.requests.waitFor(({ ended }) => ended !== null)).ended).toBe('client-left')
  })

  it('runs into the client’s own deadline', async () => {
    const server = await talking({ kind: 'stall-answer' })
    await expect(clientOf(server, 0, 60).chat.completions.create(asked)).rejects.toThrow(
      OpenAI.APIConnectionTimeoutError,
    )
  })

  it('is torn in the middle of a stream', async () => {
    const server = await talking({ kind: 'drop-answer', after: 3 })
    const { words, error } = await streamed(server)
    expect(words).toBe(SAYING.slice(0, 24))
    expect(error).toBeInstanceOf(Error)
    expect(server.requests.records[0]?.ended).toBe('dropped')
  })

  it('is torn in the middle of a whole answer, and of speech', async () => {
    const server = await talking({ kind: 'drop-answer' }, { kind: 'drop-answer', to: 'speech', after: 1 })
    await expect(clientOf(server).chat.completions.create(asked)).rejects.toThrow()
    const speech = { model: 'tts-1', voice: 'alloy', input: SAYING, response_format: 'pcm' } as const
    const response = await clientOf(server).audio.speech.create(speech)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  it('sends broken JSON, whole or streamed', async () => {
    const server = await talking({ kind: 'malformed-answer' }, { kind: 'malformed-answer', after: 2 })
    await expect(clientOf(server).chat.completions.create(asked)).rejects.toThrow(/JSON/)
    const { words, error } = await streamed(server)
    expect(words).toBe(SAYING.slice(0, 12))
    expect(error).toBeInstanceOf(SyntaxError)
  })

  it('leaves the choice out, or empty', async () => {
    const openai = clientOf(
      await talking({ kind: 'empty-choice', left: 'nothing' }, { kind: 'empty-choice', times: 2 }),
    )
    expect((await openai.chat.completions.create(asked)).choices).toEqual([])
    expect((await openai.chat.completions.create(asked)).choices).toMatchObject([
      { message: { content: null }, finish_reason: 'stop' },
    ])
    const stream = openai.chat.completions.stream(asked)
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBeNull()
  })

  it('declines to answer', async () => {
    const openai = clientOf(await talking({ kind: 'refusal', message: 'No.' }, { kind: 'refusal' }))
    expect((await openai.chat.completions.create(asked)).choices[0]?.message).toMatchObject({
      content: null,
      refusal: 'No.',
    })
    const streamedRefusal = await openai.chat.completions.stream(asked).finalMessage()
    expect(streamedRefusal.refusal).toMatch(/sorry/)
  })

  it('calls with wrong arguments, and only where there is a call', async () => {
    const server = await calling(
      { kind: 'wrong-arguments' },
      { kind: 'wrong-arguments', name: 'weather', arguments: '[]' },
    )
    const openai = clientOf(server)
    const called = async () => (await openai.chat.completions.create({ ...asked, tools })).choices[0]?.message
    await openai.chat.completions.create({ ...asked, tools, tool_choice: 'none' })
    expect((await called())?.tool_calls).toMatchObject([
      { function: { name: 'hours', arguments: '{"day":"' } },
    ])
    expect((await called())?.tool_calls).toMatchObject([{ function: { name: 'weather', arguments: '[]' } }])
    expect((await called())?.tool_calls).toMatchObject([{ function: { arguments: '{"day":"today"}' } }])
  })

  it('leaves out the usage', async () => {
    const openai = clientOf(await talking({ kind: 'no-usage' }))
    expect(await openai.chat.completions.create(asked)).not.toHaveProperty('usage')
    expect(await openai.chat.completions.create(asked)).toHaveProperty('usage')
  })

  it('is told of over the control API, where the requests are seen', async () => {
    const server = await talking()
    const control = async (method: string, path: string, body?: unknown) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, json: await answer.json() }
    }
    const fault = { kind: 'refuse-request', status: 503, to: 'chat', times: 1 }
    expect((await control('POST', 'faults', fault)).json).toEqual([fault])
    for (const wrong of [
      { kind: 'refuse-request' },
      { kind: 'slow-answer', session: 1 },
      { kind: 'refusal', to: 'x' },
    ])
      expect((await control('POST', 'faults', wrong)).status).toBe(400)
    await expect(clientOf(server).chat.completions.create(asked)).rejects.toMatchObject({ status: 503 })
    await clientOf(server).chat.completions.create(asked)
    expect((await control('GET', 'requests')).json).toMatchObject([
      { status: 503, ended: 'refused' },
      { status: 200, ended: 'whole', said: SAYING, finish: 'stop', usage: { prompt_tokens: 9 } },
    ])
    expect((await control('GET', 'requests/1')).json).toMatchObject({ body: asked })
    expect((await control('GET', 'requests/9')).status).toBe(404)
  })
})
