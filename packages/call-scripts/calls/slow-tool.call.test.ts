import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Stage } from '@toritsugi/call-scripts'
import type { AssistantList } from '@toritsugi/contracts'
import { afterAll, describe, expect, it } from 'vitest'

const stage = await Stage.open()

// The integrator's own endpoint: takes three seconds.
const asked: unknown[] = []
const bookings = createServer((request, response) => {
  let body = ''
  request.on('data', (part) => {
    body += part
  })
  request.on('end', () => {
    asked.push(JSON.parse(body))
    setTimeout(() => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ table: 'table seven at noon' }))
    }, 3000)
  })
})
await new Promise<void>((done) => bookings.listen(0, '127.0.0.1', done))
afterAll(() => {
  bookings.close()
})

describe('a tool that takes three seconds', () => {
  it('is bridged by a filler, run once, and its answer is spoken', async () => {
    const { items } = (await (await stage.get('/api/v1/assistants')).json()) as AssistantList
    const [assistant] = items
    if (!assistant) throw new Error('there is no assistant')
    const revised = await stage.put(`/api/v1/assistants/${assistant.id}`, {
      ...assistant.content,
      tools: {
        ...assistant.content.tools,
        http: [
          {
            name: 'find-booking',
            description: 'Finds a booking by its number.',
            parameters: {
              type: 'object',
              required: ['number'],
              additionalProperties: false,
              properties: { number: { type: 'string', pattern: '^[0-9]{6}$' } },
            },
            url: `http://127.0.0.1:${(bookings.address() as AddressInfo).port}/find`,
          },
        ],
      },
    })
    expect(revised.status).toBe(200)

    stage.model.setBrain([
      { when: { heard: 'booking' }, call: { name: 'find-booking', arguments: { number: '123456' } } },
      { when: { toolOutput: 'table seven' }, say: 'You have table seven at noon.' },
      { when: { any: true }, say: 'Yes.' },
    ])
    const call = await stage.callerDials()
    await call.assistantSays(/ご用件をお聞かせください/)
    await call.callerSays('Find my booking please')
    await call.assistantSays(/少々お待ちください/)
    await call.assistantSays(/table seven at noon/)
    await call.assistantFinishes()
    call.callerHangsUp()
    await call.isWrittenDown()

    expect(asked).toEqual([expect.objectContaining({ callId: call.id, arguments: { number: '123456' } })])
    expect(call.facts('tool.called').map((f) => f.data.name)).toEqual(['find-booking'])
    expect(call.facts('tool.answered').map((f) => f.data.outcome)).toEqual(['done'])
  })
})
