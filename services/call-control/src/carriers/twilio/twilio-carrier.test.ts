import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { twilioCarrier } from './twilio-carrier.ts'

const accountSid = `AC${'0'.repeat(32)}`
const callSid = `CA${'1b'.repeat(16)}`
const address = `/2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json`

let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = () => {}
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (bytes) => {
    body += bytes
  })
  request.on('end', () => answer(request, response, body))
})
let apiUrl = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const carrier = (timeoutMs = 300) =>
  twilioCarrier({ accountSid, authToken: 'secret-token', apiUrl, timeoutMs })
const json = (status: number, body: unknown) => (_: unknown, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const resource = (more: object) => ({
  sid: callSid,
  account_sid: accountSid,
  status: 'in-progress',
  duration: null,
  end_time: null,
  ...more,
})
const refused = (status: number, code: number) => json(status, { code, message: 'no', more_info: '', status })

it('redirects by address, and hangs up by status', async () => {
  const asked: string[] = []
  answer = (request, response, body) => {
    asked.push(`${request.method} ${request.url} ${decodeURIComponent(body)}`)
    const { authorization = '' } = request.headers
    expect(Buffer.from(authorization.slice(6), 'base64').toString()).toBe(`${accountSid}:secret-token`)
    json(200, resource({}))(request, response)
  }
  await carrier().redirect(callSid, 'https://calls.example.com/continue?epoch=1')
  await carrier().hangUp(callSid)
  expect(asked).toEqual([
    `POST ${address} Url=https://calls.example.com/continue?epoch=1&Method=POST`,
    `POST ${address} Status=completed`,
  ])
})

it('reads what the carrier knows of a call', async () => {
  answer = json(200, resource({}))
  expect(await carrier().fetch(callSid)).toEqual({ status: 'in-progress', talkedMs: null, endedAt: null })
  answer = json(
    200,
    resource({ status: 'completed', duration: '15', end_time: 'Sat, 21 Nov 2026 05:00:00 +0000' }),
  )
  expect(await carrier().fetch(callSid)).toEqual({
    status: 'completed',
    talkedMs: 15_000,
    endedAt: '2026-11-21T05:00:00.000Z',
  })
  answer = refused(404, 20404)
  expect(await carrier().fetch(callSid)).toBeNull()
})

it.each([
  ['a call that is not in progress', refused(400, 21220), 'carrier.not-in-progress', false],
  ['too many requests', refused(429, 20429), 'carrier.busy', true],
  ['a wrong password', refused(401, 20003), 'carrier.refused', false],
  ['a wrong address', refused(400, 21205), 'carrier.refused', false],
  ['trouble at the carrier', json(503, {}), 'carrier.unavailable', true],
  [
    'a page instead of an answer',
    (_: unknown, r: ServerResponse) => r.writeHead(502).end('<html>'),
    'carrier.unavailable',
    true,
  ],
  ['silence', () => {}, 'carrier.unknown-outcome', false],
  ['a cut line', (request: IncomingMessage) => request.socket.destroy(), 'carrier.unknown-outcome', false],
])('says what went wrong: %s', async (_, how, code, retryable) => {
  answer = how as typeof answer
  await expect(carrier().redirect(callSid, 'https://calls.example.com/')).rejects.toMatchObject({
    name: 'Fault',
    code,
    retryable,
  })
})

it('takes the end of a call that is over for done', async () => {
  answer = refused(400, 21220)
  await expect(carrier().hangUp(callSid)).resolves.toBeUndefined()
  answer = refused(401, 20003)
  await expect(carrier().hangUp(callSid)).rejects.toMatchObject({ code: 'carrier.refused' })
})

it('says that nobody is there', async () => {
  const gone = twilioCarrier({ accountSid, authToken: 'secret-token', apiUrl: 'http://127.0.0.1:9' })
  await expect(gone.fetch(callSid)).rejects.toMatchObject({ code: 'carrier.unavailable' })
})
