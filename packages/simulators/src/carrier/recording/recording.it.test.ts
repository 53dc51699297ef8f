import { createListener, encodeMulaw, readWav, speak, textOf, type VoiceBand } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { ACCOUNT_SID, OUR_NUMBER, useScene } from '../carrier-under-test.ts'
import { AUTH_TOKEN } from '../customer-under-test.ts'

const scene = useScene()
const CALLEE = '+819012345678'

const media = (path: string, headers: Record<string, string> = {}, auth = `${ACCOUNT_SID}:${AUTH_TOKEN}`) =>
  fetch(`${scene.carrier.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/${path}`, {
    headers: {
      ...(auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {}),
      ...headers,
    },
  })

/** The samples of one channel of a 16-bit WAV file. */
async function channelOf(response: Response, channel: number): Promise<Int16Array> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const view = new DataView(bytes.buffer)
  const channels = view.getUint16(22, true)
  const length = (bytes.length - 44) / 2 / channels
  return Int16Array.from({ length }, (_, index) => view.getInt16(44 + 2 * (index * channels + channel), true))
}

const bytesOf = (pcm: Int16Array) => Buffer.from(pcm.slice().buffer)

function wordsIn(pcm: Int16Array, band: VoiceBand): string {
  const listener = createListener(band)
  return textOf([...listener.push(pcm), ...listener.flush()])
}

const started = () => scene.customer.waitForAsked('/voice')
const callback = (more: Record<string, unknown> = {}) => ({
  recordingStatusCallback: `${scene.customer.url}/recorded`,
  recordingStatusCallbackEvent: ['in-progress', 'completed', 'absent'],
  ...more,
})
const told = async (status: string) => {
  const count = scene.customer.askedFor('/recorded').length
  for (let nth = 1; nth <= count + 3; nth += 1) {
    const { params } = await scene.customer.waitForAsked('/recorded', nth)
    if (params.RecordingStatus === status) return params
  }
  throw new Error(`Nobody was told of ${status}`)
}

/** A call that is held by a loop of words. */
async function held() {
  scene.customer.pages['/voice'] = '<Response><Say loop="0">Please hold</Say></Response>'
  const phone = scene.dial()
  await phone.waitToHear(/hold/)
  return phone
}

describe('a call created with Record', () => {
  it('is recorded with both sides, through Gather, Record, redirects and a stream, and told of', async () => {
    scene.carrier.debugger.expect('31921')
    scene.carrier.phones.add({ number: CALLEE, answers: { afterMs: 20 } })
    scene.customer.pages['/out'] =
      '<Response><Say>First</Say><Gather action="/got" input="speech" speechTimeout="1"><Say>Your wish?</Say></Gather></Response>'
    scene.customer.pages['/got'] =
      '<Response><Record action="/message" timeout="1" playBeep="false"/></Response>'
    scene.customer.pages['/message'] = '<Response><Pause length="30"/></Response>'
    scene.customer.pages['/stream'] = scene.connect({ after: '<Say>Goodbye now</Say>' })
    const { sid } = await scene.sdk.calls.create({
      to: CALLEE,
      from: OUR_NUMBER,
      url: `${scene.customer.url}/out`,
      record: true,
      recordingChannels: 'dual',
      statusCallback: `${scene.customer.url}/progress`,
      ...callback(),
    })
    const phone = await scene.carrier.phones.nextCallTo(CALLEE)
    expect(await told('in-progress')).toMatchObject({
      RecordingSource: 'OutboundAPI',
      RecordingChannels: '2',
    })
    await phone.waitToHear(/your wish\?/i)
    await phone.say('A table')
    await scene.customer.waitForAsked('/got')
    await phone.say('And a chair')
    await scene.customer.waitForAsked('/message')
    await scene.sdk.calls(sid).update({ url: `${scene.customer.url}/stream` })
    const stream = await scene.customer.waitForStream()
    await stream.waitFor('media')
    stream.media(encodeMulaw(speak('From the stream', 'assistant')))
    await phone.waitToHear(/from the stream/i)
    await phone.say('Thank you')
    stream.socket.close()
    await phone.waitForEnd()
    const completed = await told('completed')
    expect(completed).toEqual({
      AccountSid: ACCOUNT_SID,
      CallSid: sid,
      RecordingSid: expect.stringMatching(/^RE[0-9a-f]{32}$/),
      RecordingUrl: `${scene.carrier.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Recordings/${completed.RecordingSid}`,
      RecordingStatus: 'completed',
      RecordingDuration: String(Math.ceil(phone.ms / 1000)),
      RecordingChannels: '2',
      RecordingStartTime: expect.stringMatching(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000$/),
      RecordingSource: 'OutboundAPI',
      RecordingTrack: 'both',
    })
    expect((await scene.customer.waitForAsked('/progress')).params).toMatchObject({
      CallStatus: 'completed',
      RecordingSid: completed.RecordingSid,
      RecordingUrl: completed.RecordingUrl,
      RecordingDuration: completed.RecordingDuration,
    })
    const wav = `${completed.RecordingSid}.wav`
    const said = await channelOf(await media(wav), 0)
    const heard = await channelOf(await media(wav), 1)
    // The phone counts its first frame before its clock starts.
    expect(bytesOf(said.subarray(160)).equals(bytesOf(phone.saidAudio))).toBe(true)
    expect(bytesOf(heard).equals(bytesOf(phone.heardAudio))).toBe(true)
    expect(wordsIn(said, 'caller')).toBe('A table And a chair Thank you')
    expect(wordsIn(heard, 'assistant')).toBe('First Your wish? From the stream Goodbye now')
    const mixed = readWav(new Uint8Array(await (await media(`${wav}?RequestedChannels=1`)).arrayBuffer())).pcm
    expect(wordsIn(mixed, 'caller')).toBe('A table And a chair Thank you')
    expect(wordsIn(mixed, 'assistant')).toBe('First Your wish? From the stream Goodbye now')
    const all = await scene.sdk.recordings.list({ callSid: sid })
    expect(all.map(({ source }) => source).sort()).toEqual(['OutboundAPI', 'RecordVerb'])
  })

  it('may record one side only, which is one channel', async () => {
    scene.carrier.phones.add({
      number: CALLEE,
      answers: { afterMs: 20 },
      script: 'say It is me\nwait-for-end',
    })
    await scene.sdk.calls.create({
      to: CALLEE,
      from: OUR_NUMBER,
      twiml: '<Response><Pause length="1"/><Say>Hello you</Say></Response>',
      record: true,
      recordingChannels: 'dual',
      recordingTrack: 'outbound',
      trim: 'trim-silence',
      ...callback(),
    })
    const { RecordingSid, RecordingChannels, RecordingTrack } = await told('completed')
    expect({ RecordingChannels, RecordingTrack }).toEqual({
      RecordingChannels: '1',
      RecordingTrack: 'outbound',
    })
    const { pcm } = readWav(new Uint8Array(await (await media(String(RecordingSid))).arrayBuffer()))
    expect(wordsIn(pcm, 'assistant')).toBe('Hello you')
    expect(wordsIn(pcm, 'caller')).toBe('')
  })

  it.each([
    [20001, { recordingChannels: 'stereo' }],
    [20001, { recordingTrack: 'left' }],
    [20001, { trim: 'yes' }],
    [21609, { recordingStatusCallback: 'nowhere' }],
    [21626, { recordingStatusCallback: 'https://example.com/', recordingStatusCallbackEvent: ['started'] }],
  ])('is refused with %i: %j', async (code, more) => {
    scene.carrier.debugger.expect(String(code))
    const call = { to: CALLEE, from: OUR_NUMBER, twiml: '<Response/>', record: true, ...more }
    await expect(scene.sdk.calls.create(call)).rejects.toMatchObject({ status: 400, code })
  })
})

describe('a recording started on a live call', () => {
  it('is paused, resumed and stopped', async () => {
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    const recording = await recordings.create({ recordingChannels: 'dual', ...callback() })
    expect(recording).toMatchObject({
      callSid: phone.callSid,
      status: 'in-progress',
      source: 'StartCallRecordingAPI',
      channels: 2,
      track: 'both',
      duration: null,
    })
    await phone.say('Before')
    expect(
      await recordings('Twilio.CURRENT').update({ status: 'paused', pauseBehavior: 'skip' }),
    ).toMatchObject({ sid: recording.sid, status: 'paused' })
    await phone.say('My secret number is one two three four five six')
    expect(await recordings(recording.sid).update({ status: 'in-progress' })).toMatchObject({
      status: 'in-progress',
    })
    await phone.say('After')
    expect(await recordings(recording.sid).update({ status: 'stopped' })).toMatchObject({ status: 'stopped' })
    const { RecordingDuration, RecordingSource } = await told('completed')
    expect(RecordingSource).toBe('StartCallRecordingAPI')
    expect(Number(RecordingDuration)).toBeLessThan(phone.ms / 1000 - 1)
    expect(wordsIn(await channelOf(await media(`${recording.sid}.wav`), 0), 'caller')).toBe('Before After')
    expect(await recordings(recording.sid).fetch()).toMatchObject({ status: 'completed', errorCode: null })
    await expect(recordings(recording.sid).update({ status: 'paused' })).rejects.toMatchObject({
      code: 21220,
    })
    await expect(recordings('Twilio.CURRENT').update({ status: 'paused' })).rejects.toMatchObject({
      code: 20404,
    })
  })

  it('records silence while it is paused, unless told to skip', async () => {
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    const { sid } = await recordings.create(callback())
    await recordings(sid).update({ status: 'paused' })
    const paused = phone.ms
    await phone.say('My secret number is one two three')
    const pausedMs = phone.ms - paused
    await recordings(sid).update({ status: 'in-progress' })
    await phone.say('After')
    phone.hangUp()
    await told('completed')
    const { pcm } = readWav(new Uint8Array(await (await media(sid)).arrayBuffer()))
    expect(wordsIn(pcm, 'caller')).toBe('After')
    expect(pcm.length / 8).toBeGreaterThan(pausedMs)
  })

  it('is refused with 21220 while the call rings, and when it is over', async () => {
    scene.customer.pages['/voice'] = '<Response><Pause length="60"/></Response>'
    const phone = scene.dial()
    await started()
    const start = () => scene.sdk.calls(phone.callSid).recordings.create()
    await expect(start()).rejects.toMatchObject({ status: 400, code: 21220 })
    phone.hangUp()
    await expect(start()).rejects.toMatchObject({ status: 400, code: 21220 })
    await expect(scene.sdk.calls(`CA${'9'.repeat(32)}`).recordings.create()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    })
  })

  it('may be the second one, or be refused', async () => {
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    const first = await recordings.create()
    const second = await recordings.create()
    expect(second.sid).not.toBe(first.sid)
    scene.carrier.switches.secondRecording = 'refused'
    await expect(recordings.create()).rejects.toMatchObject({ code: 21220 })
    expect((await recordings('Twilio.CURRENT').update({ status: 'stopped' })).sid).toBe(second.sid)
    expect((await recordings('Twilio.CURRENT').update({ status: 'stopped' })).sid).toBe(first.sid)
  })

  it('refuses what it does not understand', async () => {
    scene.carrier.debugger.expect('20001')
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    const { sid } = await recordings.create()
    await expect(recordings(sid).update({ status: 'completed' })).rejects.toMatchObject({ code: 20001 })
    await expect(recordings(sid).update({ status: 'paused', pauseBehavior: 'louder' })).rejects.toMatchObject(
      { code: 20001 },
    )
  })

  it('is absent when it holds nothing, and failed when that was ordered', async () => {
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    const empty = await recordings.create(callback())
    await recordings(empty.sid).update({ status: 'stopped' })
    expect(await told('absent')).toMatchObject({ RecordingSid: empty.sid, ErrorCode: '16101' })
    expect(await recordings(empty.sid).fetch()).toMatchObject({ status: 'absent', errorCode: 16101 })
    expect((await media(empty.sid)).status).toBe(404)
    scene.carrier.faults.add({ type: 'failed-recording', times: 1 })
    const failing = await recordings.create(callback())
    await phone.waitUntil(phone.ms + 300)
    await recordings(failing.sid).update({ status: 'stopped' })
    expect(await told('failed')).toMatchObject({ RecordingSid: failing.sid })
    expect((await media(failing.sid)).status).toBe(404)
  })
})

describe('the sound of a recording', () => {
  async function recorded() {
    const phone = await held()
    const { sid } = await scene.sdk.calls(phone.callSid).recordings.create(callback())
    await phone.say('Just a moment')
    expect((await media(`${sid}.wav`)).status).toBe(404)
    phone.hangUp()
    await told('completed')
    return { sid, phone }
  }

  it('comes whole or in parts', async () => {
    const { sid } = await recorded()
    const whole = await media(`${sid}.wav`)
    expect(whole.headers.get('content-type')).toBe('audio/x-wav')
    expect(whole.headers.get('accept-ranges')).toBe('bytes')
    const bytes = Buffer.from(await whole.arrayBuffer())
    const first = await media(`${sid}.wav`, { range: 'bytes=0-99' })
    expect(first.status).toBe(206)
    expect(first.headers.get('content-range')).toBe(`bytes 0-99/${bytes.length}`)
    const rest = await media(sid, { range: 'bytes=100-' })
    expect(
      Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await rest.arrayBuffer())]),
    ).toEqual(bytes)
    const outside = await media(`${sid}.wav`, { range: `bytes=${bytes.length}-` })
    expect(outside.status).toBe(416)
    expect(outside.headers.get('content-range')).toBe(`bytes */${bytes.length}`)
  })

  it('needs credentials, unless the account does not enforce them', async () => {
    const { sid } = await recorded()
    expect((await media(`${sid}.wav`, {}, '')).status).toBe(401)
    scene.carrier.switches.recordingMedia = 'open'
    expect((await media(`${sid}.wav`, {}, '')).status).toBe(200)
    expect((await media(`${sid}.json`, {}, '')).status).toBe(401)
  })

  it('of one channel is not to be had with two, but by a switch', async () => {
    scene.carrier.debugger.expect('16113', '20001', 'not-simulated')
    const { sid } = await recorded()
    const refused = await media(`${sid}.wav?RequestedChannels=2`)
    expect(await refused.json()).toMatchObject({ status: 400, code: 16113 })
    expect(scene.carrier.debugger.entries[0]).toMatchObject({ code: '16113', level: 'warning' })
    expect((await media(`${sid}.wav?RequestedChannels=3`)).status).toBe(400)
    expect((await media(`${sid}.mp3`)).status).toBe(404)
    scene.carrier.switches.monoAsDual = 'given'
    const given = await media(`${sid}.wav?RequestedChannels=2`)
    expect(wordsIn(await channelOf(given, 0), 'caller')).toBe('Just a moment')
  })

  it('goes when the recording is deleted; the resource can still be looked up', async () => {
    const { sid, phone } = await recorded()
    expect(await scene.sdk.recordings(sid).remove()).toBe(true)
    expect((await media(`${sid}.wav`)).status).toBe(404)
    await expect(scene.sdk.recordings(sid).fetch()).rejects.toMatchObject({ code: 20404 })
    await expect(scene.sdk.recordings(sid).remove()).rejects.toMatchObject({ code: 20404 })
    expect(await scene.sdk.recordings.list()).toEqual([])
    expect(await scene.sdk.recordings(sid).fetch({ includeSoftDeleted: true })).toMatchObject({
      status: 'deleted',
      callSid: phone.callSid,
    })
  })
})

describe('finding recordings', () => {
  it('lists those of a call and of the account, by day, in pages', async () => {
    const phone = await held()
    const { recordings } = scene.sdk.calls(phone.callSid)
    for (let nth = 0; nth < 3; nth += 1) await recordings.create()
    expect(await recordings.list()).toHaveLength(3)
    expect(await scene.sdk.recordings.list({ pageSize: 2 })).toHaveLength(3)
    expect(await scene.sdk.recordings.list({ callSid: `CA${'9'.repeat(32)}` })).toEqual([])
    expect(await scene.sdk.recordings.list({ dateCreated: new Date() })).toHaveLength(3)
    expect(await scene.sdk.recordings.list({ dateCreatedAfter: new Date(Date.now() + 60_000) })).toEqual([])
    const other = await held()
    const { sid } = await scene.sdk.calls(other.callSid).recordings.create()
    await expect(recordings(sid).fetch()).rejects.toMatchObject({ code: 20404 })
    await expect(recordings(sid).update({ status: 'stopped' })).rejects.toMatchObject({ code: 20404 })
    await expect(scene.sdk.recordings(sid).remove()).rejects.toMatchObject({ status: 409 })
  })
})

describe('the recordings of <Record>', () => {
  it('tell of nothing recorded, when that was asked for', async () => {
    scene.customer.pages['/voice'] =
      '<Response><Record timeout="1" recordingStatusCallback="/recorded" recordingStatusCallbackEvent="completed absent"/></Response>'
    scene.dial()
    expect(await told('absent')).toMatchObject({ RecordingSource: 'RecordVerb', ErrorCode: '16102' })
  })

  it('are trimmed, unless they shall not be', async () => {
    for (const trim of ['', ' trim="do-not-trim"']) {
      scene.customer.asked.length = 0
      scene.customer.pages['/voice'] =
        `<Response><Record timeout="2"${trim} action="/next" recordingStatusCallback="/recorded"/></Response>`
      scene.customer.pages['/next'] = '<Response/>'
      const phone = scene.dial()
      await phone.waitForSilence(60)
      await phone.say('Short')
      expect((await told('completed')).RecordingDuration).toBe(trim === '' ? '1' : '3')
    }
  })

  it('warn of events that there are not', async () => {
    scene.carrier.debugger.expect('12200')
    scene.customer.pages['/voice'] =
      '<Response><Record timeout="1" recordingStatusCallback="/recorded" recordingStatusCallbackEvent="begun"/></Response>'
    await scene.dial().waitForEnd()
    expect(scene.carrier.debugger.entries).toMatchObject([{ code: '12200' }])
  })
})
