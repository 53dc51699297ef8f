import { type CallId, HttpTool } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { ExchangeError, type HttpAnswer, type HttpQuestion } from './http-exchange.ts'
import { httpTool } from './http-tool.ts'
import { longestOutput } from './tool.ts'

const declared = (over: Partial<HttpTool> = {}): HttpTool => ({
  ...HttpTool.parse({
    name: 'look-up',
    description: 'Looks up',
    parameters: { type: 'object' },
    url: 'https://example.com/orders?tenant=7',
  }),
  ...over,
})
const json = (value: unknown, status = 200): HttpAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: typeof value === 'string' ? value : JSON.stringify(value),
})
const context = (signal = new AbortController().signal) => ({
  callId: `call_${'1'.repeat(32)}` as CallId,
  toolCallId: 'c1',
  language: 'en-US',
  signal,
})

/** Runs the tool against scripted answers; an Error among them is thrown. */
async function run(tool: HttpTool, answers: (HttpAnswer | Error)[], given = {}, signal?: AbortSignal) {
  const asked: HttpQuestion[] = []
  const made = httpTool(tool, async (question) => {
    asked.push(question)
    const answer = answers[asked.length - 1]
    if (answer === undefined) throw new Error('asked too often')
    if (answer instanceof Error) throw answer
    return answer
  })
  const reply = await made.run(given, context(signal))
  return { reply, output: JSON.parse(reply.output), asked }
}

describe('what is asked', () => {
  it('is a JSON body with POST', async () => {
    const { asked } = await run(declared({ headers: { authorization: 'Bearer x' } }), [json({})], {
      number: '12',
    })
    expect(asked[0]).toMatchObject({
      method: 'POST',
      body: `{"callId":"call_${'1'.repeat(32)}","toolCallId":"c1","tool":"look-up","arguments":{"number":"12"}}`,
      headers: {
        authorization: 'Bearer x',
        'content-type': 'application/json',
        'idempotency-key': 'c1',
        'toritsugi-call-id': `call_${'1'.repeat(32)}`,
      },
    })
    expect(asked[0]?.url.href).toBe('https://example.com/orders?tenant=7')
  })
  it('is a query with GET, which cannot break out of its value', async () => {
    const { asked } = await run(declared({ method: 'GET' }), [json({})], {
      number: '1&admin=true#',
      list: [1, 2],
    })
    expect(asked[0]?.url.href).toBe(
      'https://example.com/orders?tenant=7&number=1%26admin%3Dtrue%23&list=%5B1%2C2%5D',
    )
    expect(asked[0]?.body).toBeNull()
  })
})

describe('what the model is told', () => {
  const stack = 'Error: ECONNREFUSED 10.1.2.3 at /srv/app.js:1 password=hunter2'
  const rows: [string, HttpAnswer | Error, string, RegExp][] = [
    ['JSON as it is', json({ price: 12 }), 'done', /^\{"price":12\}$/],
    ['JSON of any kind', json([1, null]), 'done', /^\[1,null\]$/],
    ['text', { status: 200, contentType: 'text/plain', body: ' open ' }, 'done', /^\{"result":"open"\}$/],
    ['broken JSON as text', json('{oops'), 'done', /^\{"result":"\{oops"\}$/],
    ['nothing', { status: 204, contentType: '', body: '' }, 'done', /^\{"ok":true\}$/],
    ['that nothing was found', json(stack, 404), 'failed', /Nothing was found/],
    ['that it was not accepted', json(stack, 400), 'failed', /not accepted/],
    ['that a redirect is no answer', json(stack, 302), 'failed', /not accepted/],
    ['that it does not work', json(stack, 500), 'failed', /does not work right now/],
    ['that it cannot be reached', new ExchangeError('network'), 'failed', /cannot be reached/],
    ['that it may not be asked', new ExchangeError('address-not-allowed'), 'failed', /may not be asked/],
    ['that the answer was too long', new ExchangeError('answer-too-large'), 'failed', /too long/],
  ]
  it.each(rows)('%s', async (_story, answer, outcome, output) => {
    const { reply } = await run(declared(), [answer])
    expect(reply).toMatchObject({ outcome, next: { what: 'talk-on' } })
    expect(reply.output).toMatch(output)
    expect(reply.output).not.toMatch(/hunter2|ECONN|10\.1/)
  })

  it.each(['a', '"', '日', '\u0000'])('no more than fits, of %j', async (letter) => {
    const { reply, output } = await run(declared(), [json({ text: letter.repeat(60_000) })])
    expect(reply.output.length).toBeLessThanOrEqual(longestOutput)
    expect(output).toMatchObject({ cut: expect.any(String) })
    expect(output.result.length).toBeGreaterThan(1000)
  })
})

describe('attempts', () => {
  const network = new ExchangeError('network')
  it.each([
    ['one when no retries are declared', 0, [network], 'failed'],
    ['again after a network fault', 1, [network, json({})], 'done'],
    ['again after 429 and 503', 2, [json({}, 429), json({}, 503), json({})], 'done'],
    ['no more than declared', 1, [json({}, 500), json({}, 500)], 'failed'],
    ['not again after a refusal', 3, [json({}, 400)], 'failed'],
    ['not again when the answer was too large', 3, [new ExchangeError('answer-too-large')], 'failed'],
  ])('%s', async (_story, retries, answers, outcome) => {
    const { reply, asked } = await run(declared({ retries }), answers)
    expect(reply.outcome).toBe(outcome)
    expect(asked).toHaveLength(answers.length)
  })

  it('end with the time', async () => {
    const over = new AbortController()
    const tool = httpTool(declared({ retries: 3 }), async () => {
      over.abort()
      throw network
    })
    expect(await tool.run({}, context(over.signal))).toMatchObject({ outcome: 'timed-out' })
  })
})
