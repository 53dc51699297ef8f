import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createListener, encodeMulaw, readWav, speak, textOf, writeWav } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { CALLER, OUR_NUMBER, useScene } from '../carrier-under-test.ts'
import { runCarrier } from '../command-line.ts'
import { simulateCall, type ToldEvent } from '../simulated-call.ts'

const scene = useScene()

async function ask(path: string, method = 'GET', body?: unknown) {
  const response = await fetch(`${scene.carrier.url}/_sim/${path}`, {
    method,
    ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  })
  return { status: response.status, json: (await response.json()) as never as Record<string, never> }
}

describe('the control API', () => {
  it('places a call, lets it be acted on, streams its events and gives its sound', async () => {
    scene.customer.pages['/voice'] = scene.connect()
    const placed = await ask('calls', 'POST', { from: '+14155550177' })
    expect(placed).toMatchObject({ status: 201, json: { from: '+14155550177', to: OUR_NUMBER } })
    const sid = String(placed.json.callSid)
    const events = fetch(`${scene.carrier.url}/_sim/calls/${sid}/events`).then((answer) => answer.text())
    const stream = await scene.customer.waitForStream()
    await stream.waitFor('media')
    stream.media(encodeMulaw(speak('Good day', 'assistant')))
    const phone = scene.carrier.phones.byCall(sid)
    await phone?.waitToHear(/good day/i)
    await ask(`calls/${sid}/say`, 'POST', { text: 'Hello you' })
    await phone?.waitFor('said')
    await ask(`calls/${sid}/play`, 'POST', writeWav(speak('Taped', 'caller')))
    await ask(`calls/${sid}/press`, 'POST', { digits: '5' })
    await stream.waitFor('dtmf')
    expect((await ask('calls')).json).toMatchObject([{ sid, status: 'in-progress' }])
    expect((await ask('health')).json).toMatchObject({ ok: true, liveCalls: 1 })
    await ask(`calls/${sid}/hang-up`, 'POST')
    const told = (await events)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ToldEvent)
    const types = told.map(({ of, event }) => `${of} ${'type' in event ? event.type : event.code}`)
    expect(types).toEqual(
      expect.arrayContaining(['phone ringing', 'phone answered', 'phone heard', 'phone said', 'phone over']),
    )
    expect(types).toEqual(expect.arrayContaining(['call webhook', 'call verb', 'call stream', 'call status']))
    const detail = (await ask(`calls/${sid}`)).json as unknown as {
      phone: { heard: { assistant: string } }
      streams: unknown[]
    }
    expect(detail.phone.heard.assistant).toBe('Good day')
    expect(detail.streams).toMatchObject([{ streamSid: stream.streamSid, counts: { mediaReceived: 1 } }])
    const wav = await fetch(`${scene.carrier.url}/_sim/calls/${sid}/heard.wav`)
    const listener = createListener('assistant')
    const { pcm } = readWav(new Uint8Array(await wav.arrayBuffer()))
    expect(textOf([...listener.push(pcm), ...listener.flush()])).toBe('Good day')
    expect((await ask(`calls/${sid}/say`, 'POST', { text: 'Too late' })).status).toBe(409)
  })

  it('orders faults, turns switches, changes numbers, lists and announces debugger entries', async () => {
    const { json } = await ask('faults', 'POST', { type: 'late-marks', ms: 100, times: 2 })
    expect((await ask('faults')).json).toEqual([
      { id: json.id, fault: { type: 'late-marks', ms: 100, times: 2 } },
    ])
    expect((await ask(`faults/${json.id}`, 'DELETE')).status).toBe(200)
    expect((await ask(`faults/${json.id}`, 'DELETE')).status).toBe(404)
    expect((await ask('switches', 'PATCH', { afterLoss: 'next-verb' })).json).toMatchObject({
      afterLoss: 'next-verb',
    })
    expect(scene.carrier.switches.afterLoss).toBe('next-verb')
    const number = { phoneNumber: '+81300000009', voiceUrl: `${scene.customer.url}/broken` }
    expect((await ask('numbers', 'PUT', number)).json).toMatchObject([{ phoneNumber: OUR_NUMBER }, number])
    await ask('debugger/expect', 'POST', { codes: ['12100'] })
    scene.customer.pages['/broken'] = '<'
    const placed = await ask('calls', 'POST', { to: number.phoneNumber })
    await scene.carrier.phones.byCall(String(placed.json.callSid))?.waitForEnd()
    expect((await ask('debugger')).json).toMatchObject({ entries: [{ code: '12100' }], unexpected: [] })
    await ask('debugger', 'DELETE')
    expect(scene.carrier.debugger.entries).toEqual([])
  })

  it('lists phones that can be called', async () => {
    await ask('phones', 'POST', { number: '+14155550188', answers: { afterMs: 10 }, script: 'hang-up' })
    await scene.sdk.calls.create({
      to: '+14155550188',
      from: OUR_NUMBER,
      twiml: '<Response><Pause/></Response>',
    })
    const phone = await scene.carrier.phones.nextCallTo('+14155550188')
    expect(await phone.waitForEnd()).toBe('hung-up')
    expect((await ask('phones/+14155550188', 'DELETE')).status).toBe(200)
    expect((await ask('phones/+14155550188', 'DELETE')).status).toBe(404)
  })

  it('has voicemails, whose messages can be read and heard, and tells of recordings', async () => {
    const number = '+14155550188'
    await ask('phones', 'POST', { number, answers: { afterMs: 10 }, band: 'human', scriptName: 'voicemail' })
    const { sid } = await scene.sdk.calls.create({
      to: number,
      from: OUR_NUMBER,
      twiml: '<Response><Say>Please call me back</Say></Response>',
      machineDetection: 'DetectMessageEnd',
      record: true,
    })
    const phone = await scene.carrier.phones.nextCallTo(number)
    await phone.waitForEnd()
    await scene.carrier.calls.get(sid)?.settled()
    expect((await ask(`calls/${sid}`)).json).toMatchObject({
      answeredBy: 'machine_end_beep',
      phone: { message: 'Please call me back' },
      recordings: [{ source: 'OutboundAPI', status: 'completed', seconds: Math.ceil(phone.ms / 1000) }],
      history: expect.arrayContaining([
        expect.objectContaining({ type: 'answered-by', answeredBy: 'machine_end_beep' }),
        expect.objectContaining({ type: 'recording', status: 'completed' }),
      ]),
    })
    const wav = await fetch(`${scene.carrier.url}/_sim/calls/${sid}/message.wav`)
    const listener = createListener('assistant')
    const { pcm } = readWav(new Uint8Array(await wav.arrayBuffer()))
    expect(textOf([...listener.push(pcm), ...listener.flush()])).toBe('Please call me back')
  })

  it('changes limits, and lets a caller speak unclearly', async () => {
    expect((await ask('limits')).json).toMatchObject({ callsPerSecond: 1 })
    expect((await ask('limits', 'PATCH', { callsPerSecond: 50 })).json).toMatchObject({ callsPerSecond: 50 })
    expect(scene.carrier.limits.callsPerSecond).toBe(50)
    scene.customer.pages['/voice'] =
      '<Response><Gather input="speech" speechTimeout="1" action="/got"/></Response>'
    scene.customer.pages['/got'] = '<Response/>'
    const placed = await ask('calls', 'POST', {})
    const phone = scene.carrier.phones.byCall(String(placed.json.callSid))
    await phone?.waitForAnswer()
    await ask(`calls/${placed.json.callSid}/say`, 'POST', { text: 'Well, maybe', unclear: true })
    const { params } = await scene.customer.waitForAsked('/got')
    expect(params.SpeechResult).toBe('Well, maybe')
    expect(Number(params.Confidence)).toBeLessThan(0.5)
  })

  it.each([
    ['PATCH', 'limits', { callsPerSecond: 0 }, 400],
    ['POST', 'calls', { from: '555' }, 400],
    ['POST', 'calls', { to: '+19999999999' }, 400],
    ['POST', 'calls', { script: 'shout' }, 400],
    ['POST', 'calls', { scriptName: 'none' }, 400],
    ['POST', 'calls', { extra: 1 }, 400],
    ['POST', 'faults', { type: 'unknown' }, 400],
    ['POST', 'faults', { type: 'jitter' }, 400],
    ['PATCH', 'switches', { afterLoss: 'maybe' }, 400],
    ['PUT', 'numbers', { phoneNumber: OUR_NUMBER, voiceUrl: 'here' }, 400],
    ['POST', 'calls/CA0/say', { text: 'x' }, 404],
    ['GET', 'calls/CA0', undefined, 404],
    ['GET', 'calls/CA0/events', undefined, 404],
    ['GET', 'nothing', undefined, 404],
  ])('%s %s %j is answered %i with a reason', async (method, path, body, status) => {
    const answer = await ask(path, method, body)
    expect(answer.status).toBe(status)
    expect(String(answer.json.error).length).toBeGreaterThan(8)
  })
})

describe('the command line', () => {
  const inFolder = async (run: (file: (name: string) => string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'sim-call-'))
    await run((name) => join(folder, name)).finally(() => rmSync(folder, { recursive: true }))
  }

  it('sim:call tells a scripted call and saves what was heard', () =>
    inFolder(async (file) => {
      scene.customer.pages['/voice'] = '<Response><Say>Who is there?</Say><Pause length="1"/></Response>'
      writeFileSync(file('my.txt'), 'wait-to-hear there\nsay Me\nhang-up')
      const lines: string[] = []
      const args = [
        '--carrier',
        scene.carrier.url,
        '--script-file',
        file('my.txt'),
        '--save',
        file('heard.wav'),
      ]
      expect(await simulateCall(args, {}, (line) => lines.push(line))).toBe(0)
      const story = lines.join('\n')
      expect(story).toMatch(new RegExp(`\\${CALLER} calls \\${OUR_NUMBER}`))
      expect(story).toMatch(/hears {5}Who is there\?/)
      expect(story).toMatch(/caller {4}Me\b/)
      expect(story).toMatch(/over: hung-up/)
      expect(readWav(readFileSync(file('heard.wav'))).pcm.length).toBeGreaterThan(4000)
    }))

  it('sim:call --wav speaks a recording into the call', () =>
    inFolder(async (file) => {
      scene.customer.pages['/voice'] =
        '<Response><Pause length="1"/><Record playBeep="false" timeout="2" action="/message"/></Response>'
      scene.customer.pages['/message'] = '<Response/>'
      writeFileSync(file('my.wav'), writeWav(speak('My own voice', 'caller')))
      const args = ['--carrier', scene.carrier.url, '--wav', file('my.wav'), '--save', file('heard.wav')]
      expect(await simulateCall(args, {}, () => {})).toBe(0)
      expect((await scene.customer.waitForAsked('/message')).params.RecordingDuration).toMatch(/^\d$/)
    }))

  it('sim:call fails when something went wrong, or nobody answers', () =>
    inFolder(async (file) => {
      scene.carrier.debugger.expect('11200')
      const args = ['--carrier', scene.carrier.url, '--script', 'hang-up', '--save', file('heard.wav')]
      scene.customer.pages['/voice'] = { status: 500 }
      scene.customer.pages['/fallback'] = '<Response><Say>Sorry about that</Say></Response>'
      const lines: string[] = []
      expect(await simulateCall(args, {}, (line) => lines.push(line))).toBe(1)
      expect(lines.join('\n')).toContain('debugger: error 11200')
      await expect(simulateCall(['--carrier', 'http://127.0.0.1:1'], {}, () => {})).rejects.toThrow(
        'No carrier simulator answers at http://127.0.0.1:1',
      )
    }))

  it('sim:carrier is configured by flags and environment', async () => {
    const env = {
      CARRIER_ACCOUNT_SID: `AC${'8'.repeat(32)}`,
      CARRIER_NUMBERS: '+81311111111',
      PUBLIC_URL: 'https://calls.example.com',
    }
    const carrier = await runCarrier(
      [
        '--port',
        '0',
        '--auth-token',
        'secret',
        '--status-path',
        '',
        '--public-host',
        'https://calls.example.com=http://127.0.0.1:1',
        '--calls-per-second',
        '2.5',
      ],
      env,
    )
    const numbers = (await (await fetch(`${carrier.url}/_sim/numbers`)).json()) as unknown[]
    expect(carrier.account).toMatchObject({ sid: env.CARRIER_ACCOUNT_SID, authToken: 'secret' })
    expect(numbers).toEqual([
      {
        phoneNumber: '+81311111111',
        voiceUrl: 'https://calls.example.com/api/twilio/voice',
        voiceFallbackUrl: 'https://calls.example.com/api/twilio/fallback',
        sid: expect.stringMatching(/^PN/),
      },
    ])
    expect(carrier.switches.allowInsecureStreams).toBe(false)
    expect(carrier.limits.callsPerSecond).toBe(2.5)
    const port = new URL(carrier.url).port
    await expect(runCarrier(['--port', port], {})).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`)
    await expect(runCarrier([], { CARRIER_PORT: 'x' })).rejects.toThrow("CARRIER_PORT is 'x'")
    await expect(runCarrier([], { CARRIER_CALLS_PER_SECOND: '0' })).rejects.toThrow(
      "CARRIER_CALLS_PER_SECOND is '0'",
    )
    await carrier.stop()
  })
})
