import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, OUR_NUMBER, useScene } from '../carrier-under-test.ts'
import { AUTH_TOKEN } from '../customer-under-test.ts'

const CALLEE = '+819012345678'

describe('calls per second', () => {
  const scene = useScene({ limits: { queueSeconds: 3 } })
  const place = () =>
    scene.sdk.calls.create({
      to: CALLEE,
      from: OUR_NUMBER,
      twiml: '<Response><Pause length="9"/></Response>',
    })
  const ringing = async (sid: string) => {
    const call = scene.carrier.calls.get(sid)
    if (!call) throw new Error(`There is no call ${sid}`)
    if (call.status !== 'queued') return
    await new Promise<void>((resolve) => {
      const stop = call.onEvent(() => {
        stop()
        resolve()
      })
    })
  }

  it('are one: the others wait as queued, in order, and tell how long', async () => {
    scene.carrier.phones.add({ number: CALLEE, answers: 'never' })
    const began = performance.now()
    const placed = [await place(), await place(), await place()]
    expect(placed.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued'])
    await ringing(placed[0]?.sid ?? '')
    expect(performance.now() - began).toBeLessThan(900)
    expect((await scene.sdk.calls.list()).map(({ status }) => status)).toEqual([
      'queued',
      'queued',
      'ringing',
    ])
    await ringing(placed[1]?.sid ?? '')
    expect((await scene.sdk.calls.list()).map(({ status }) => status)).toEqual([
      'queued',
      'ringing',
      'ringing',
    ])
    await ringing(placed[2]?.sid ?? '')
    expect(performance.now() - began).toBeGreaterThan(1990)
    const [third, second, first] = (await scene.sdk.calls.list()).map(({ queueTime }) => Number(queueTime))
    expect(first).toBeLessThan(500)
    expect(second).toBeGreaterThan(500)
    expect(third).toBeGreaterThan(1500)
  })

  it('count only calls that are dialed: one that was canceled gives its place away', async () => {
    scene.carrier.phones.add({ number: CALLEE, answers: 'never' })
    const [, second, third] = [await place(), await place(), await place()]
    expect(await scene.sdk.calls(second?.sid ?? '').update({ status: 'canceled' })).toMatchObject({
      status: 'canceled',
    })
    await ringing(third?.sid ?? '')
    expect(Number((await scene.sdk.calls(third?.sid ?? '').fetch()).queueTime)).toBeLessThan(1500)
  })

  it('may be more', async () => {
    scene.carrier.limits.callsPerSecond = 20
    scene.carrier.phones.add({ number: CALLEE, answers: 'never' })
    const began = performance.now()
    const placed = [await place(), await place(), await place(), await place()]
    await ringing(placed[3]?.sid ?? '')
    expect(performance.now() - began).toBeLessThan(1500)
  })

  it('do not hold back calls that come in', async () => {
    scene.customer.pages['/voice'] = '<Response><Say>Good day</Say></Response>'
    const phones = [scene.dial(), scene.dial(), scene.dial()]
    for (const phone of phones) await phone.waitToHear(/good day/i, { timeoutMs: 900 })
  })

  it('fill a queue, which then refuses with 22005', async () => {
    scene.carrier.debugger.expect('22005')
    scene.carrier.limits.callsPerSecond = 0.5
    scene.carrier.limits.queueSeconds = 4
    scene.carrier.phones.add({ number: CALLEE, answers: 'never' })
    const first = await place()
    await ringing(first.sid)
    await place()
    await place()
    await expect(place()).rejects.toMatchObject({ status: 400, code: 22005 })
    expect(scene.carrier.calls.size).toBe(3)
  })
})

describe('requests at a time', () => {
  const scene = useScene({ limits: { restConcurrency: 1 } })

  it('are limited: one more is refused with 20429 and not processed', async () => {
    const { port } = new URL(scene.carrier.url)
    const slow = request({
      port,
      method: 'POST',
      path: `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`,
      auth: `${ACCOUNT_SID}:${AUTH_TOKEN}`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'transfer-encoding': 'chunked',
        expect: '100-continue',
      },
    })
    const answered = new Promise<number | undefined>((resolve) => {
      slow.once('response', (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode))
      })
    })
    const arrived = new Promise<void>((resolve) => slow.once('continue', resolve))
    slow.flushHeaders()
    await arrived
    const create = () => scene.sdk.calls.create({ to: CALLEE, from: OUR_NUMBER, twiml: '<Response/>' })
    await expect(create()).rejects.toMatchObject({ status: 429, code: 20429 })
    expect(scene.carrier.calls.size).toBe(0)
    scene.carrier.debugger.expect('21201')
    slow.end('To=')
    expect(await answered).toBe(400)
    const free = await scene.sdk.calls.list()
    expect(free).toEqual([])
  })
})
