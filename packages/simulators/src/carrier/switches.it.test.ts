import { encodeMulaw, speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useScene } from './carrier-under-test.ts'
import type { CarrierSwitches } from './switches.ts'

const scene = useScene()

/** A stream whose `<Connect>` has an action and a next verb. */
async function connected(switches: Partial<CarrierSwitches>) {
  Object.assign(scene.carrier.switches, switches)
  scene.customer.pages['/voice'] = scene.connect({ action: '/action', after: '<Say>Next verb</Say>' })
  scene.customer.pages['/action'] = '<Response><Say>Action</Say></Response>'
  const phone = scene.dial()
  const stream = await scene.customer.waitForStream()
  await stream.waitFor('media')
  return { phone, stream }
}

describe('afterHandshakeFailure', () => {
  it.each([
    ['action', 'Action'],
    ['next-verb', 'Next verb'],
  ] as const)('%s', async (afterHandshakeFailure, words) => {
    scene.carrier.debugger.expect('31920')
    scene.carrier.switches.afterHandshakeFailure = afterHandshakeFailure
    scene.customer.upgrade.refuseWith = 503
    scene.customer.pages['/voice'] = scene.connect({ action: '/action', after: '<Say>Next verb</Say>' })
    scene.customer.pages['/action'] = '<Response><Say>Action</Say></Response>'
    const phone = scene.dial()
    await phone.waitForEnd()
    expect(phone.heardText()).toBe(words)
  })
})

describe('afterLoss', () => {
  it.each([
    ['action', 'Action'],
    ['next-verb', 'Next verb'],
  ] as const)('%s', async (afterLoss, words) => {
    scene.carrier.debugger.expect('31903')
    const { phone } = await connected({ afterLoss })
    scene.carrier.faults.loseStream(phone.callSid)
    await phone.waitForEnd()
    expect(phone.heardText()).toBe(words)
  })
})

describe('afterLoss: silence', () => {
  it('nothing follows until the call is redirected', async () => {
    scene.carrier.debugger.expect('31903')
    const { phone } = await connected({ afterLoss: 'silence' })
    scene.carrier.faults.loseStream(phone.callSid)
    await phone.waitForSilence(phone.ms + 300)
    expect(scene.customer.askedFor('/action')).toEqual([])
    await scene.sdk.calls(phone.callSid).update({ url: `${scene.customer.url}/action` })
    await phone.waitToHear(/action/i)
  })
})

describe('actionAfterHangUp', () => {
  it('true: the action is asked with the final status', async () => {
    const { phone } = await connected({ actionAfterHangUp: true })
    phone.hangUp()
    expect((await scene.customer.waitForAsked('/action')).params.CallStatus).toBe('completed')
  })

  it('false: it is not', async () => {
    const { phone } = await connected({ actionAfterHangUp: false })
    phone.hangUp()
    await scene.carrier.calls.get(phone.callSid)?.settled()
    expect(scene.customer.askedFor('/action')).toEqual([])
  })
})

describe('inlineUpdateOnStream', () => {
  const update = (callSid: string) =>
    scene.sdk.calls(callSid).update({ twiml: '<Response><Say>Inline</Say></Response>' })

  it('taken: the stream stops, the document runs', async () => {
    const { phone, stream } = await connected({ inlineUpdateOnStream: 'taken' })
    await update(phone.callSid)
    await stream.waitFor('stop')
    await phone.waitForEnd()
    expect(phone.heardText()).toBe('Inline')
    expect(scene.customer.askedFor('/action')).toEqual([])
  })

  it('refused: 21220, and the stream goes on; an update by URL is taken', async () => {
    const { phone, stream } = await connected({ inlineUpdateOnStream: 'refused' })
    await expect(update(phone.callSid)).rejects.toMatchObject({ code: 21220 })
    stream.mark('alive')
    await stream.waitFor('mark')
    await scene.sdk.calls(phone.callSid).update({ url: `${scene.customer.url}/action` })
    await phone.waitToHear(/action/i)
  })
})

describe('playbackOnRedirect', () => {
  it.each([
    ['dropped', /^Now (comes )?(▯ )?Action$/],
    ['kept', /^Now comes a longer sentence Action$/],
  ] as const)('%s', async (playbackOnRedirect, words) => {
    const { phone, stream } = await connected({ playbackOnRedirect })
    stream.media(encodeMulaw(speak('Now comes a longer sentence', 'assistant')))
    await phone.waitToHear(/now/i)
    await scene.sdk.calls(phone.callSid).update({ url: `${scene.customer.url}/action` })
    await phone.waitForEnd()
    expect(phone.heardText()).toMatch(words)
  })
})

describe('streamSignature', () => {
  it('trailing-slash: made over the address and a slash', async () => {
    const { stream } = await connected({ streamSignature: 'trailing-slash' })
    expect(stream.isSigned).toBe(false)
    expect(stream.isSignedFor(`${stream.url}/`)).toBe(true)
    scene.customer.streams.length = 0
  })
})

describe('webhookSignature', () => {
  const far = useScene({ publicUrl: 'https://calls.example.com' })
  it('with-port: the official SDK accepts it for https addresses', async () => {
    far.carrier.switches.webhookSignature = 'with-port'
    far.customer.pages['/voice'] = '<Response><Reject/></Response>'
    await far.dial().waitForEnd()
    await far.customer.waitForAsked('/status')
    expect(far.customer.asked.map(({ isSigned }) => isSigned)).toEqual([true, true])
  })
})

describe('streamCloseCode', () => {
  it.each([
    [1000, 1000],
    [null, 1005],
    [4000, 4000],
  ])('%s is seen as %i', async (streamCloseCode, code) => {
    const { phone, stream } = await connected({ streamCloseCode })
    phone.hangUp()
    expect(await stream.waitForClose()).toEqual({ code })
  })
})

describe('invalidMessage', () => {
  it('ends-stream: 31924, and the call goes on', async () => {
    scene.carrier.debugger.expect('31951', '31924')
    const { phone, stream } = await connected({ invalidMessage: 'ends-stream' })
    stream.send({ event: 'hello' })
    expect(await stream.waitForClose()).toEqual({ code: 1002 })
    await phone.waitToHear(/action/i)
    expect(scene.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31951', '31924'])
  })
})

describe('streamErrorOnServerClose', () => {
  it.each([
    [true, ['stream-started', 'stream-error', 'stream-stopped']],
    [false, ['stream-started', 'stream-stopped']],
  ])('%s', async (streamErrorOnServerClose, told) => {
    scene.carrier.debugger.expect('31921')
    Object.assign(scene.carrier.switches, { streamErrorOnServerClose })
    scene.customer.pages['/voice'] = scene.connect({ attributes: ' statusCallback="/stream-status"' })
    scene.dial()
    const stream = await scene.customer.waitForStream()
    await stream.waitFor('media')
    stream.socket.close()
    await scene.customer.waitForAsked('/status')
    expect(scene.customer.askedFor('/stream-status').map(({ params }) => params.StreamEvent)).toEqual(told)
  })
})

describe('inboundCallbacks', () => {
  it('all: every step is told', async () => {
    scene.carrier.switches.inboundCallbacks = 'all'
    scene.customer.pages['/voice'] = '<Response/>'
    await scene.dial().waitForEnd()
    await scene.customer.waitForAsked('/status', 3)
    expect(scene.customer.askedFor('/status').map(({ params }) => params.CallStatus)).toEqual([
      'ringing',
      'in-progress',
      'completed',
    ])
  })
})
