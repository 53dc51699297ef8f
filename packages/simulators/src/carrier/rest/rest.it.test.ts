import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, CALLER, OUR_NUMBER, useScene } from '../carrier-under-test.ts'

const scene = useScene({
  apiKeys: [{ sid: `SK${'1'.repeat(32)}`, secret: 'key-secret' }],
  limits: { extraRingMs: 0 },
})
const CALLEE = '+819012345678'
const RFC2822 = /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000$/

const answering = (script?: string) =>
  scene.carrier.phones.add({ number: CALLEE, answers: { afterMs: 30 }, ...(script ? { script } : {}) })

const place = (more: Record<string, unknown> = {}) =>
  scene.sdk.calls.create({ to: CALLEE, from: OUR_NUMBER, url: `${scene.customer.url}/out`, ...more } as never)

/** A request as no SDK would send it. */
const raw = (path: string, init: RequestInit & { auth?: string } = {}) =>
  fetch(`${scene.carrier.url}/2010-04-01/Accounts/${path}`, {
    ...init,
    headers: {
      authorization: `Basic ${Buffer.from(init.auth ?? `${ACCOUNT_SID}:0123456789abcdef0123456789abcdef`).toString('base64')}`,
      ...init.headers,
    },
  })

describe('creating a call', () => {
  it('dials, tells of each step, runs the document and shows the resource', async () => {
    answering()
    scene.customer.pages['/out'] = '<Response><Say>Good day</Say></Response>'
    const created = await place({
      statusCallback: `${scene.customer.url}/progress`,
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    })
    expect(created).toMatchObject({
      sid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
      accountSid: ACCOUNT_SID,
      apiVersion: '2010-04-01',
      status: 'queued',
      direction: 'outbound-api',
      to: CALLEE,
      from: OUR_NUMBER,
      priceUnit: 'USD',
      subresourceUris: { streams: `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${created.sid}/Streams.json` },
    })
    expect(created.phoneNumberSid).toMatch(/^PN/)
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    await phone.waitToHear(/good day/i)
    expect(await phone.waitForEnd()).toBe('other-side')
    const document = scene.customer.askedFor('/out')[0]
    expect(document?.params).toMatchObject({
      CallStatus: 'in-progress',
      Direction: 'outbound-api',
      CallSid: created.sid,
    })
    await scene.customer.waitForAsked('/progress', 4)
    expect(
      scene.customer.askedFor('/progress').map(({ params }) => [params.CallStatus, params.SequenceNumber]),
    ).toEqual([
      ['initiated', '0'],
      ['ringing', '1'],
      ['in-progress', '2'],
      ['completed', '3'],
    ])
    const fetched = await scene.sdk.calls(created.sid).fetch()
    expect(fetched).toMatchObject({ status: 'completed', duration: '1' })
    expect(fetched.startTime?.getTime()).toBeGreaterThan(Date.now() - 10_000)
    const bare = (await (await raw(`${ACCOUNT_SID}/Calls/${created.sid}.json`)).json()) as Record<
      string,
      string
    >
    expect(bare.date_created).toMatch(RFC2822)
    expect(bare.end_time).toMatch(RFC2822)
  })

  it('takes an inline document, and tells only of the end by default', async () => {
    answering()
    await place({
      url: undefined,
      twiml: new twilio.twiml.VoiceResponse().say('Inline').toString(),
      statusCallback: `${scene.customer.url}/progress`,
    })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    await phone.waitToHear(/inline/i)
    await scene.customer.waitForAsked('/progress')
    expect(scene.customer.asked.map(({ params }) => params.CallStatus)).toEqual(['completed'])
  })

  it.each([
    ['busy', 'busy', '486'],
    ['rejects', 'busy', '603'],
    ['never', 'no-answer', '487'],
  ] as const)('to a phone that is %s ends as %s', async (answers, status, sip) => {
    scene.carrier.phones.add({ number: CALLEE, answers })
    await place({ timeout: 1, statusCallback: `${scene.customer.url}/progress` })
    const told = await scene.customer.waitForAsked('/progress')
    expect(told.params).toMatchObject({ CallStatus: status, SipResponseCode: sip, CallDuration: '0' })
    expect(scene.customer.askedFor('/out')).toEqual([])
  })

  it('to nobody fails with 404', async () => {
    await place({ to: '+819000000000', statusCallback: `${scene.customer.url}/progress` })
    expect((await scene.customer.waitForAsked('/progress')).params).toMatchObject({
      CallStatus: 'failed',
      SipResponseCode: '404',
    })
  })

  it.each([
    [21201, { to: '' }],
    [21211, { to: '0312345678' }],
    [21212, { from: 'me' }],
    [21210, { from: CALLER }],
    [21205, { url: 'not a url' }],
    [21205, { url: undefined }],
    [32018, { url: undefined, twiml: 'x'.repeat(4001) }],
    [21626, { statusCallback: 'https://example.com/', statusCallbackEvent: ['finished'] }],
    [21609, { statusCallback: 'nowhere' }],
    [20001, { timeout: 601 }],
  ])('is refused with %i', async (code, more) => {
    answering()
    await expect(place(more)).rejects.toMatchObject({
      status: 400,
      code,
      moreInfo: `https://www.twilio.com/docs/errors/${code}`,
    })
    expect(scene.carrier.calls.size).toBe(0)
    expect(scene.carrier.debugger.entries).toMatchObject([{ code: String(code), level: 'error' }])
    scene.carrier.debugger.clear()
  })

  it('ends at its time limit', async () => {
    answering()
    await place({ url: undefined, twiml: '<Response><Pause length="60"/></Response>', timeLimit: 1 })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    await phone.waitForAnswer()
    expect(await phone.waitForEnd(2000)).toBe('other-side')
    expect(phone.ms).toBeGreaterThan(900)
  })
})

describe('updating a call', () => {
  it('cancels a ringing one', async () => {
    scene.carrier.phones.add({ number: CALLEE, answers: 'never' })
    const { sid } = await place()
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    expect(await scene.sdk.calls(sid).update({ status: 'canceled' })).toMatchObject({ status: 'canceled' })
    expect(await phone.waitForEnd()).toBe('canceled')
  })

  it('hangs up, and then refuses everything with 21220', async () => {
    scene.customer.pages['/voice'] = '<Response><Say loop="0">Hold on</Say></Response>'
    const phone = scene.dial()
    await phone.waitForAnswer()
    await expect(scene.sdk.calls(phone.callSid).update({ status: 'canceled' })).rejects.toMatchObject({
      code: 21220,
    })
    expect(await scene.sdk.calls(phone.callSid).update({ status: 'completed' })).toMatchObject({
      status: 'completed',
    })
    expect(await phone.waitForEnd()).toBe('other-side')
    for (const change of [
      { status: 'completed' as const },
      { url: 'https://example.com/' },
      { twiml: '<Response/>' },
    ]) {
      await expect(scene.sdk.calls(phone.callSid).update(change)).rejects.toMatchObject({
        status: 400,
        code: 21220,
      })
    }
  })

  it('cannot redirect a call that rings', async () => {
    scene.customer.pages['/voice'] = '<Response><Pause length="60"/></Response>'
    const phone = scene.dial()
    await scene.customer.waitForAsked('/voice')
    await expect(scene.sdk.calls(phone.callSid).update({ twiml: '<Response/>' })).rejects.toMatchObject({
      code: 21220,
      message: 'Call is not in-progress. Cannot redirect.',
    })
    phone.hangUp()
  })

  it('replaces what runs by an inline document, whose addresses must be absolute', async () => {
    scene.carrier.debugger.expect('11100')
    scene.customer.pages['/voice'] = '<Response><Say loop="0">Please hold the line</Say></Response>'
    scene.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    const phone = scene.dial()
    await phone.waitToHear(/hold/)
    await scene.sdk
      .calls(phone.callSid)
      .update({ twiml: '<Response><Say>Replaced</Say><Redirect>/next</Redirect></Response>' })
    await phone.waitToHear(/replaced.*rescued/is)
    expect(scene.customer.askedFor('/fallback')[0]?.params).toMatchObject({
      ErrorCode: '11100',
      ErrorUrl: '/next',
    })
  })
})

describe('finding calls', () => {
  it('lists by number, status and time, in pages', async () => {
    for (const from of [CALLER, '+14155550101', CALLER]) {
      scene.customer.pages['/voice'] = '<Response><Reject/></Response>'
      await scene.dial({ from }).waitForEnd()
    }
    const { calls } = scene.sdk
    expect(await calls.list()).toHaveLength(3)
    expect(await calls.list({ from: CALLER })).toHaveLength(2)
    expect(await calls.list({ to: CALLER })).toHaveLength(0)
    expect(await calls.list({ status: 'no-answer', to: OUR_NUMBER })).toHaveLength(3)
    expect(await calls.list({ status: 'completed' })).toHaveLength(0)
    const minute = 60_000
    expect(await calls.list({ startTimeAfter: new Date(Date.now() - minute) })).toHaveLength(3)
    expect(await calls.list({ startTimeAfter: new Date(Date.now() + minute) })).toHaveLength(0)
    expect(await calls.list({ startTimeBefore: new Date(Date.now() - minute) })).toHaveLength(0)
    expect(await calls.list({ pageSize: 1 })).toHaveLength(3)
    const page = await calls.page({ pageSize: 2 })
    expect(page.instances).toHaveLength(2)
    expect((await page.nextPage())?.instances).toHaveLength(1)
  })

  it('knows no other', async () => {
    const sid = `CA${'9'.repeat(32)}`
    await expect(scene.sdk.calls(sid).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
      message: `The requested resource /2010-04-01/Accounts/${ACCOUNT_SID}/Calls/${sid}.json was not found`,
    })
    await expect(scene.sdk.calls(sid).update({ status: 'completed' })).rejects.toMatchObject({ code: 20404 })
  })
})

describe('who may ask', () => {
  it('takes an API key, and the account itself', async () => {
    const byKey = twilio(`SK${'1'.repeat(32)}`, 'key-secret', { accountSid: ACCOUNT_SID })
    byKey.api.baseUrl = scene.carrier.url
    expect(await byKey.calls.list()).toEqual([])
    expect((await scene.sdk.api.v2010.accounts(ACCOUNT_SID).fetch()).status).toBe('active')
  })

  it('refuses others with 20003', async () => {
    const stranger = twilio(ACCOUNT_SID, 'wrong')
    stranger.api.baseUrl = scene.carrier.url
    await expect(stranger.calls.list()).rejects.toMatchObject({
      status: 401,
      code: 20003,
      message: 'Authenticate',
    })
    scene.carrier.switches.refusedCredentials = 'Authentication Error - invalid username'
    await expect(stranger.calls.list()).rejects.toMatchObject({ code: 20003, message: /invalid username/ })
    expect((await fetch(`${scene.carrier.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`)).status).toBe(
      401,
    )
  })

  it('knows no other account, resource or form', async () => {
    expect((await raw(`AC${'7'.repeat(32)}/Calls.json`)).status).toBe(404)
    expect((await raw(`${ACCOUNT_SID}/Nothing.json`)).status).toBe(404)
    expect((await raw(`${ACCOUNT_SID}/Calls.json`, { method: 'DELETE' })).status).toBe(405)
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect((await raw(`${ACCOUNT_SID}/Calls.json`, json)).status).toBe(415)
    const huge = new URLSearchParams({ To: 'x'.repeat(300_000) })
    expect((await raw(`${ACCOUNT_SID}/Calls.json`, { method: 'POST', body: huge })).status).toBe(413)
  })
})

describe('REST faults', () => {
  const create = () => place().then(({ sid }) => sid)
  it.each([
    [429, 20429],
    [500, 20500],
    [503, 20503],
  ] as const)('%i does nothing, once', async (answer, code) => {
    answering()
    scene.carrier.faults.add({ type: 'rest', answer, processed: answer === 429, times: 1 })
    await expect(create()).rejects.toMatchObject({ status: answer, code })
    expect(scene.carrier.calls.size).toBe(0)
    await create()
    expect(scene.carrier.calls.size).toBe(1)
  })

  it('5xx, no answer and a broken connection may have been processed; the call is found by looking', async () => {
    answering()
    const impatient = twilio(ACCOUNT_SID, '0123456789abcdef0123456789abcdef', { timeout: 200 })
    impatient.api.baseUrl = scene.carrier.url
    for (const answer of [500, 'timeout', 'disconnect'] as const) {
      scene.carrier.faults.add({ type: 'rest', answer, processed: true, on: 'create', times: 1 })
      await expect(
        impatient.calls.create({ to: CALLEE, from: OUR_NUMBER, twiml: '<Response/>' }),
      ).rejects.toThrow()
    }
    expect(
      await impatient.calls.list({ to: CALLEE, startTimeAfter: new Date(Date.now() - 5000) }),
    ).toHaveLength(3)
  })

  it('a redirect can be refused although the call is in progress', async () => {
    scene.customer.pages['/voice'] = '<Response><Say loop="0">Hold on</Say></Response>'
    const phone = scene.dial()
    await phone.waitForAnswer()
    scene.carrier.faults.add({ type: 'refuse-redirect', callSid: phone.callSid, times: 1 })
    const update = () =>
      scene.sdk.calls(phone.callSid).update({ twiml: '<Response><Say>Moved</Say></Response>' })
    await expect(update()).rejects.toMatchObject({ code: 21220 })
    expect((await scene.sdk.calls(phone.callSid).fetch()).status).toBe('in-progress')
    await update()
    await phone.waitToHear(/moved/i)
  })
})
