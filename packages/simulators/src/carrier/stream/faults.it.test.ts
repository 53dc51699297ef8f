import { encodeMulaw, MULAW_SILENCE, speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { useScene } from '../carrier-under-test.ts'
import type { Fault } from '../faults.ts'

const scene = useScene()
const silence = (ms: number) => new Uint8Array(ms * 8).fill(MULAW_SILENCE)

async function connected(fault?: Fault, more: Parameters<typeof scene.connect>[0] = {}) {
  scene.customer.pages['/voice'] = scene.connect({ action: '/continue', ...more })
  scene.customer.pages['/continue'] = '<Response><Say>Going on</Say></Response>'
  const phone = scene.dial(fault ? { faults: [fault] } : {})
  const stream = await scene.customer.waitForStream()
  return { phone, stream }
}

describe('faults of a stream', () => {
  it('dtx: nothing is sent while the caller is silent, and timestamps jump', async () => {
    const { phone, stream } = await connected({ type: 'dtx', keepMs: 40 })
    await stream.waitFor('start')
    await phone.say('One')
    await stream.waitFor('media', 10)
    const pauseBegan = phone.ms
    await phone.waitForSilence(pauseBegan + 300)
    await phone.say('Two')
    const times = stream.of('media').map(({ media }) => Number((media as { timestamp: string }).timestamp))
    const chunks = stream.of('media').map(({ media }) => Number((media as { chunk: string }).chunk))
    const gaps = times.map((time, index) => time - (times[index - 1] ?? time))
    expect(Math.max(...gaps)).toBeGreaterThan(200)
    expect(chunks).toEqual(chunks.map((_, index) => index + 1))
  })

  it('jitter: media comes late and in bursts, but whole and in order', async () => {
    const { phone, stream } = await connected({ type: 'jitter', maxMs: 120 })
    await stream.waitFor('media', 30)
    const media = stream.of('media')
    const gaps = media.map(({ at }, index) => at - (media[index - 1]?.at ?? at))
    expect(gaps.filter((gap) => gap > 45).length).toBeGreaterThan(1)
    expect(gaps.filter((gap) => gap < 5).length).toBeGreaterThan(3)
    phone.hangUp()
    await stream.waitForClose()
    expect(stream.events.slice(1).map(({ sequenceNumber }) => sequenceNumber)).toEqual(
      stream.events.slice(1).map((_, index) => String(index + 1)),
    )
    expect(stream.events.at(-1)?.event).toBe('stop')
  })

  it('late-marks: echoes come later', async () => {
    const { stream } = await connected({ type: 'late-marks', ms: 150, times: 1 })
    await stream.waitFor('media')
    const sentAt = performance.now()
    stream.mark('late')
    stream.mark('prompt')
    await stream.waitFor('mark', 2)
    expect(stream.of('mark').map(({ mark }) => mark)).toEqual([{ name: 'prompt' }, { name: 'late' }])
    expect((stream.of('mark')[1]?.at ?? 0) - sentAt).toBeGreaterThanOrEqual(148)
  })

  it('lost-marks: every second echo is missing', async () => {
    const { stream } = await connected({ type: 'lost-marks', every: 2 })
    await stream.waitFor('media')
    for (const name of ['1', '2', '3', '4', '5']) stream.mark(name)
    await stream.waitFor('mark', 3)
    expect(stream.of('mark').map(({ mark }) => (mark as { name: string }).name)).toEqual(['1', '3', '5'])
  })

  it('no-stop: the socket closes without it', async () => {
    const { phone, stream } = await connected({ type: 'no-stop' })
    await stream.waitFor('media')
    phone.hangUp()
    await stream.waitForClose()
    expect(stream.of('stop')).toEqual([])
  })

  it('slow-start: nothing for a while after the handshake', async () => {
    const { stream } = await connected({ type: 'slow-start', ms: 200 })
    const openedAt = performance.now()
    const first = await stream.waitFor('connected')
    expect(first.at - openedAt).toBeGreaterThan(150)
    expect(
      Number(((await stream.waitFor('media')).media as { timestamp: string }).timestamp),
    ).toBeLessThanOrEqual(21)
  })

  it('socket-loss: the server sees 1006, the carrier 31903, and the action follows', async () => {
    scene.carrier.debugger.expect('31903')
    const { phone, stream } = await connected(
      { type: 'socket-loss', afterMs: 60 },
      { attributes: ' statusCallback="/stream-status"' },
    )
    expect(await stream.waitForClose()).toEqual({ code: 1006 })
    await phone.waitToHear(/going on/i)
    await scene.customer.waitForAsked('/stream-status', 3)
    const told = scene.customer.askedFor('/stream-status').map(({ params }) => params.StreamEvent)
    expect(told).toEqual(['stream-started', 'stream-error', 'stream-stopped'])
    expect(scene.carrier.debugger.entries.map(({ code }) => code)).toEqual(['31903'])
  })

  it('loseStream does the same now; without a stream it is an error', async () => {
    scene.carrier.debugger.expect('31903')
    const { phone, stream } = await connected()
    await stream.waitFor('media')
    scene.carrier.faults.loseStream(phone.callSid)
    await phone.waitToHear(/going on/i)
    expect(() => scene.carrier.faults.loseStream(phone.callSid)).toThrow('no open stream')
  })

  it('half-open: neither side hears the other, until it is given up', async () => {
    scene.carrier.debugger.expect('31903')
    const { phone, stream } = await connected({ type: 'half-open', afterMs: 60, forMs: 300 })
    await stream.waitFor('media', 2)
    stream.media(silence(20))
    await scene.customer.waitForAsked('/continue', 1)
    const lastMedia = stream.of('media').at(-1)?.at ?? 0
    const closedAt = performance.now()
    expect(closedAt - lastMedia).toBeGreaterThan(250)
    expect(await stream.waitForClose()).toEqual({ code: 1006 })
    await phone.waitToHear(/going on/i)
  })
})

describe('faults of callbacks', () => {
  const events = (path: string) =>
    scene.customer.askedFor(path).map(({ params }) => params.StreamEvent ?? params.CallStatus)
  const run = async (...faults: Fault[]) => {
    for (const fault of faults) scene.carrier.faults.add(fault)
    const { phone, stream } = await connected(undefined, { attributes: ' statusCallback="/status"' })
    await stream.waitFor('media')
    phone.hangUp()
    await stream.waitForClose()
    return phone
  }

  it('lost: never sent', async () => {
    await run({ type: 'lost-callback', event: 'completed' })
    await scene.customer.waitForAsked('/status', 2)
    expect(events('/status')).toEqual(['stream-started', 'stream-stopped'])
  })

  it('duplicate: sent twice', async () => {
    await run({ type: 'duplicate-callback', event: 'completed', times: 1 })
    await scene.customer.waitForAsked('/status', 4)
    expect(events('/status').filter((event) => event === 'completed')).toHaveLength(2)
    const [first, second] = scene.customer
      .askedFor('/status')
      .filter(({ params }) => params.SequenceNumber !== undefined)
    expect(second?.params).toEqual(first?.params)
    expect(second?.headers['i-twilio-idempotency-token']).toBe(first?.headers['i-twilio-idempotency-token'])
  })

  it('reordered: after the next one', async () => {
    await run({ type: 'reordered-callbacks', event: 'stream-started', delayMs: 5000 })
    await scene.customer.waitForAsked('/status', 3)
    expect(events('/status')[0]).not.toBe('stream-started')
    expect(events('/status')).toContain('stream-started')
  })
})

describe('faults of documents', () => {
  it.each(['first', 'second'] as const)(
    'double-fetch: asked twice with one token, the %s answer runs',
    async (use) => {
      let answers = 0
      scene.customer.pages['/voice'] = () => {
        answers += 1
        return `<Response><Say>Answer ${answers}</Say></Response>`
      }
      const phone = scene.dial({ faults: [{ type: 'double-fetch', use, times: 1 }] })
      await phone.waitForEnd()
      expect(phone.heardText()).toBe(`Answer ${use === 'first' ? 1 : 2}`)
      const tokens = scene.customer
        .askedFor('/voice')
        .map(({ headers }) => headers['i-twilio-idempotency-token'])
      expect(tokens).toHaveLength(2)
      expect(new Set(tokens).size).toBe(1)
    },
  )
})

it('faults concern only the calls they name, as often as they say', async () => {
  const { faults } = scene.carrier
  const id = faults.add({ type: 'no-stop', number: '+1999' })
  faults.add({ type: 'no-stop', times: 1 })
  expect(faults.all).toHaveLength(2)
  const { phone, stream } = await connected()
  await stream.waitFor('media')
  stream.media(encodeMulaw(speak('x', 'assistant')))
  phone.hangUp()
  await stream.waitForClose()
  expect(stream.of('stop')).toEqual([])
  expect(faults.all.map((entry) => entry.id)).toEqual([id])
  expect(faults.lift(id)).toBe(true)
  const second = scene.dial()
  const next = await scene.customer.waitForStream(2)
  await next.waitFor('media')
  second.hangUp()
  await next.waitFor('stop')
})
