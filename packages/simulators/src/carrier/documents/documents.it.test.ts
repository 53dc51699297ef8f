import { createListener, encodeMulaw, readWav, speak, textOf, writeWav } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useScene } from '../carrier-under-test.ts'

const scene = useScene()

describe('verbs', () => {
  it('speak, pause, play files and keys, in order, then the end hangs up', async () => {
    const { customer } = scene
    customer.pages['/voice'] =
      '<Response><Say language="en-US" loop="2">Twice</Say><Pause/><Play>sounds/tune.wav</Play><Play digits="1w2"/></Response>'
    customer.pages['/sounds/tune.wav'] = { type: 'audio/wav', body: writeWav(speak('From a file', 'human')) }
    const phone = scene.dial()
    await phone.waitToHear(/twice twice/i)
    const file = await phone.waitToHear(/from a file/i, { band: 'human' })
    expect(phone.longestSilence(0, file.startMs).ms).toBeGreaterThan(980)
    expect(phone.longestSilence(0, file.startMs).ms).toBeLessThan(1200)
    expect(await phone.waitForEnd()).toBe('other-side')
    // Two tones of 100 ms half a second apart.
    expect(phone.longestSilence(file.endMs).ms).toBeGreaterThan(540)
    expect(customer.askedFor('/sounds/tune.wav')[0]?.method).toBe('GET')
  })

  it('redirect by GET and POST, relative and absolute; nothing after it runs', async () => {
    const { customer } = scene
    customer.pages['/voice'] =
      '<Response><Redirect method="GET">deep/one?a=1&amp;b=%20</Redirect><Say>Never</Say></Response>'
    customer.pages['/deep/one'] = '<Response><Redirect>two</Redirect></Response>'
    customer.pages['/deep/two'] = `<Response><Redirect>${customer.url}/three</Redirect></Response>`
    customer.pages['/three'] = '<Response><Say>Arrived</Say><Hangup/><Say>Never</Say></Response>'
    const phone = scene.dial()
    await phone.waitToHear(/arrived/i)
    await phone.waitForEnd()
    expect(phone.heardText()).toBe('Arrived')
    expect(customer.asked.map(({ method, path }) => `${method} ${path}`).slice(0, 4)).toEqual([
      'POST /voice',
      'GET /deep/one',
      'POST /deep/two',
      'POST /three',
    ])
    expect(customer.askedFor('/deep/one')[0]?.params).toMatchObject({
      a: '1',
      b: ' ',
      CallSid: phone.callSid,
    })
  })

  it.each([
    ['<Reject/>', 'no-answer', 'rejected'],
    ['<Reject reason="busy"/>', 'busy', 'busy'],
  ])('%s leaves the call unanswered', async (verb, status, end) => {
    scene.customer.pages['/voice'] = `<Response>${verb}<Say>Never</Say></Response>`
    const phone = scene.dial()
    expect(await phone.waitForEnd()).toBe(end)
    expect((await scene.customer.waitForAsked('/status')).params.CallStatus).toBe(status)
    expect(phone.events.map(({ type }) => type)).toEqual(['ringing', 'over'])
  })

  it('an empty document answers and hangs up', async () => {
    scene.customer.pages['/voice'] = '<Response/>'
    const phone = scene.dial()
    expect(await phone.waitForEnd()).toBe('other-side')
    expect((await scene.customer.waitForAsked('/status')).params.CallStatus).toBe('completed')
  })

  it('a loop of redirects is stopped', async () => {
    scene.carrier.debugger.expect('12400')
    scene.customer.pages['/voice'] = '<Response><Redirect/></Response>'
    expect(await scene.dial().waitForEnd()).toBe('other-side')
  })

  it('verbs this carrier does not run are named', async () => {
    scene.carrier.debugger.expect('not-simulated')
    scene.customer.pages['/voice'] =
      '<Response><Dial><Number>+14155550199</Number></Dial><Say>After</Say></Response>'
    await scene.dial().waitToHear(/after/i)
    expect(scene.carrier.debugger.entries[0]?.message).toContain('<Dial>')
  })
})

describe('a recording', () => {
  const message =
    '<Response><Record action="/message" maxLength="20" timeout="1" recordingStatusCallback="/recorded"/></Response>'

  it('begins with a beep, ends with a key, and can be fetched', async () => {
    const { customer, sdk } = scene
    customer.pages['/voice'] = message
    customer.pages['/message'] = '<Response><Say>Thank you</Say></Response>'
    const phone = scene.dial()
    await phone.waitForSilence(60)
    await phone.say('Please call me back')
    phone.press('#')
    await phone.waitToHear(/thank you/i)
    const { params } = customer.askedFor('/message')[0] ?? {}
    expect(params).toMatchObject({
      Digits: '#',
      RecordingDuration: '1',
      RecordingSid: expect.stringMatching(/^RE[0-9a-f]{32}$/),
      CallStatus: 'in-progress',
    })
    const recorded = await customer.waitForAsked('/recorded')
    expect(recorded.params).toMatchObject({
      RecordingStatus: 'completed',
      RecordingSource: 'RecordVerb',
      RecordingSid: params?.RecordingSid,
    })
    const wav = await fetch(`${params?.RecordingUrl}.wav`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${scene.carrier.account.sid}:${scene.carrier.account.authToken}`).toString('base64')}`,
      },
    })
    expect(wav.headers.get('content-type')).toBe('audio/x-wav')
    const { pcm } = readWav(new Uint8Array(await wav.arrayBuffer()))
    const listener = createListener('caller')
    expect(textOf([...listener.push(pcm), ...listener.flush()])).toBe('Please call me back')
    expect(await sdk.recordings.list()).toMatchObject([{ sid: params?.RecordingSid, duration: '1' }])
  })

  it('ends with silence', async () => {
    scene.customer.pages['/voice'] = message
    scene.customer.pages['/message'] = '<Response/>'
    const phone = scene.dial()
    await phone.waitForSilence(60)
    await phone.say('Short')
    expect((await scene.customer.waitForAsked('/message')).params.Digits).toBeUndefined()
  })

  it('is told of when the caller hangs up', async () => {
    scene.customer.pages['/voice'] = message
    const phone = scene.dial()
    await phone.waitForSilence(60)
    await phone.say('Bye')
    phone.hangUp()
    expect((await scene.customer.waitForAsked('/message')).params).toMatchObject({
      Digits: 'hangup',
      CallStatus: 'completed',
    })
  })

  it('of nothing goes to the next verb, without asking', async () => {
    scene.customer.pages['/voice'] = message.replace('</Response>', '<Say>Nobody spoke</Say></Response>')
    await scene.dial().waitToHear(/nobody spoke/i)
    expect(scene.customer.askedFor('/message')).toEqual([])
  })
})

describe('<Connect>', () => {
  it('asks its action when the server closes the stream', async () => {
    scene.carrier.debugger.expect('31921')
    scene.customer.pages['/voice'] = scene.connect({ action: '/continue', after: '<Say>Never</Say>' })
    scene.customer.pages['/continue'] = '<Response><Say>Going on</Say></Response>'
    const phone = scene.dial()
    const stream = await scene.customer.waitForStream()
    await stream.waitFor('media')
    stream.socket.close(1000)
    await phone.waitToHear(/going on/i)
    expect(stream.of('stop')).toEqual([])
    expect(scene.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31921'])
  })

  it('goes to the next verb without an action', async () => {
    scene.carrier.debugger.expect('31921')
    scene.customer.pages['/voice'] =
      `<Response><Say>Before</Say>${scene.connect({ after: '<Say>Next</Say>' }).slice('<Response>'.length)}`
    const phone = scene.dial()
    await phone.waitToHear(/before/i)
    const stream = await scene.customer.waitForStream()
    stream.socket.close()
    await phone.waitToHear(/next/i)
  })

  it('plays on from a second stream', async () => {
    scene.carrier.debugger.expect('31921')
    scene.customer.pages['/voice'] = scene.connect({ action: '/voice' })
    const phone = scene.dial()
    const first = await scene.customer.waitForStream()
    await first.waitFor('start')
    first.socket.close()
    const second = await scene.customer.waitForStream(2)
    await second.waitFor('media')
    second.media(encodeMulaw(speak('Second', 'assistant')))
    await phone.waitToHear(/second/i)
    expect(second.streamSid).not.toBe(first.streamSid)
  })
})

describe('documents that fail', () => {
  it.each([
    ['no XML', '<Response><Say>', '12100'],
    ['another root', '<Answer/>', '12102'],
    ['another type', { type: 'application/json', body: '{}' }, '12300'],
    ['status 500', { status: 500 }, '11200'],
    ['status 404', { status: 404 }, '11200'],
    ['too long', { body: `<Response><Say>${'x'.repeat(70_000)}</Say></Response>` }, '11750'],
  ] as const)('%s: the fallback is asked, with %3$s', async (_, page, code) => {
    scene.carrier.debugger.expect(code)
    scene.customer.pages['/voice'] = page
    scene.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    const phone = scene.dial()
    await phone.waitToHear(/rescued/i)
    expect(scene.customer.askedFor('/fallback')[0]?.params).toMatchObject({
      ErrorCode: code,
      ErrorUrl: `${scene.customer.url}/voice`,
      CallSid: phone.callSid,
    })
  })

  it('without a working fallback: the caller hears an error and the call ends', async () => {
    scene.carrier.debugger.expect('11200')
    scene.customer.pages['/voice'] = { status: 500 }
    scene.customer.pages['/fallback'] = { status: 500 }
    const phone = scene.dial()
    await phone.waitToHear(/application error/i)
    expect(await phone.waitForEnd()).toBe('other-side')
    expect(scene.carrier.debugger.entries).toHaveLength(2)
  })

  it('a sound that cannot be had is a failure as well', async () => {
    scene.carrier.debugger.expect('12300', '11200')
    scene.customer.pages['/voice'] = '<Response><Play>/tune.mp3</Play></Response>'
    scene.customer.pages['/tune.mp3'] = { type: 'audio/mpeg', body: 'x' }
    scene.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    await scene.dial().waitToHear(/rescued/i)
  })

  it('what the schema does not know is a warning, and left out', async () => {
    scene.carrier.debugger.expect('12200')
    scene.customer.pages['/voice'] =
      '<Response><Say voice="woman" speed="2">Hello</Say><Shout>Never</Shout><say>Never</say><Pause length="long"/></Response>'
    const phone = scene.dial()
    await phone.waitForEnd()
    expect(phone.heardText()).toBe('Hello')
    expect(scene.carrier.debugger.entries.map(({ level, message }) => [level, message])).toEqual([
      ['warning', "Attribute 'speed' is not allowed to appear in element 'Say'."],
      ['warning', "Invalid content was found starting with element 'Shout'."],
      ['warning', "Invalid content was found starting with element 'say'."],
      ['warning', "Value 'long' of attribute 'length' on element 'Pause' is not valid."],
    ])
  })
})

describe('a webhook that is slow', () => {
  const impatient = useScene({ limits: { webhookTotalMs: 200 } })
  it('is given up, and the fallback asked', async () => {
    impatient.carrier.debugger.expect('11200')
    impatient.customer.pages['/voice'] = { body: '<Response/>', afterMs: 600 }
    impatient.customer.pages['/fallback'] = '<Response><Say>Rescued</Say></Response>'
    const phone = impatient.dial()
    await phone.waitToHear(/rescued/i)
    expect(impatient.customer.askedFor('/fallback')[0]?.params.ErrorCode).toBe('11200')
  })
})

describe('a redirect by REST', () => {
  it('does not wait for a document or a sound that is still on its way', async () => {
    const { customer, sdk } = scene
    customer.pages['/voice'] = '<Response><Say>First</Say><Play>/slow.wav</Play></Response>'
    customer.pages['/slow.wav'] = { type: 'audio/wav', body: '', afterMs: 3000 }
    customer.pages['/slow'] = { body: '<Response><Say>Never</Say></Response>', afterMs: 3000 }
    customer.pages['/fast'] = '<Response><Say>Fast</Say></Response>'
    const phone = scene.dial()
    await customer.waitForAsked('/slow.wav')
    await sdk.calls(phone.callSid).update({ url: `${customer.url}/slow` })
    await customer.waitForAsked('/slow')
    await sdk.calls(phone.callSid).update({ url: `${customer.url}/fast` })
    await phone.waitToHear(/fast/i, { timeoutMs: 1500 })
    await phone.waitForEnd()
    expect(phone.heardText()).toBe('First Fast')
  })
})

describe('delivery overrides', () => {
  it('retry with the same idempotency token; the fragment is neither sent nor signed', async () => {
    const { customer, carrier } = scene
    carrier.setNumber({ phoneNumber: '+81300000001', voiceUrl: `${customer.url}/shaky#rc=2&rp=5xx` })
    let answers = 0
    customer.pages['/shaky'] = () => {
      answers += 1
      return answers < 3 ? { status: 503 } : '<Response><Say>At last</Say></Response>'
    }
    await scene.dial({ to: '+81300000001' }).waitToHear(/at last/i)
    const tokens = customer.askedFor('/shaky').map(({ headers }) => headers['i-twilio-idempotency-token'])
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
  })

  it('HTTP redirects are followed with GET', async () => {
    const { customer } = scene
    customer.pages['/voice'] = { status: 302, headers: { location: '/elsewhere' } }
    customer.pages['/elsewhere'] = '<Response><Say>Found</Say></Response>'
    await scene.dial().waitToHear(/found/i)
    expect(customer.askedFor('/elsewhere')[0]?.method).toBe('GET')
  })
})

it('keeps Japanese', async () => {
  scene.customer.pages['/voice'] =
    '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="ja-JP">ただいま電話に出られません。&#12434;</Say></Response>'
  const phone = scene.dial()
  await phone.waitForEnd()
  expect(phone.heardText()).toBe('ただいま電話に出られません。を')
})
