import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Carrier, startCarrier } from '../carrier/carrier.ts'
import { type Brain, type Model, startModel } from '../model/model.ts'
import { AgentsBridge } from './agents-bridge.ts'

const OUR_NUMBER = '+81312345678'
const GREETING =
  'Thank you for calling Mori trading. We are open from nine to six on every weekday, ' +
  'and on Saturdays until noon, and we are closed on Sundays and on public holidays.'

const BRAIN: Brain = [
  { when: { text: 'answer' }, say: GREETING },
  { when: { heard: 'today' }, say: 'Yes, today until six in the evening.' },
  { when: { heard: 'what did you say' }, say: 'Before that I said: {assistantBefore}' },
  { when: { any: true }, say: 'I did not understand.' },
]

let model: Model
let bridge: AgentsBridge
let carrier: Carrier

beforeEach(async () => {
  model = await startModel({ brain: BRAIN })
  bridge = await AgentsBridge.start({
    modelUrl: model.url,
    apiKey: model.apiKey,
    instructions: 'You answer the telephone.',
    greeting: 'Please answer the call.',
  })
  carrier = await startCarrier({
    accountSid: `AC${'1'.repeat(32)}`,
    authToken: 'a token of the account, long enough',
    numbers: [{ phoneNumber: OUR_NUMBER, voiceUrl: bridge.voiceUrl }],
    switches: { allowInsecureStreams: true },
  })
})

afterEach(async () => {
  await carrier.stop()
  await bridge.stop()
  await model.stop()
})

it("OpenAI's own bridge carries a call with a barge-in between the two simulators", async () => {
  const phone = carrier.phones.dialIn({ from: '+14155550100', to: OUR_NUMBER })
  const session = await model.waitForSession()
  await phone.waitToHear(/Mori trading/)
  const bargeIn = phone.say('Excuse me, are you open today?')
  await phone.waitToHear(/until six in the evening/)
  await bargeIn
  await phone.say('And what did you say before?')
  await phone.waitToHear(/Before that I said: Yes, today until six in the evening/)
  phone.hangUp()
  await session.log.waitFor(({ type }) => type === 'socket.closed')

  expect(session.understood.map(({ heard }) => heard)).toEqual([
    'Excuse me, are you open today?',
    'And what did you say before?',
  ])
  const heard = phone.heardText()
  expect(heard).toMatch(/^Thank you for calling Mori trading\./)
  expect(heard).not.toContain('public holidays')
  expect(heard).toMatch(/Yes, today until six in the evening\. Before that I said: Yes, today/)

  const [truncate, ...others] = session.log.of('client', 'conversation.item.truncate')
  expect(others).toEqual([])
  const cutMs = Number(truncate?.event.audio_end_ms)
  expect(session.log.of('server', 'conversation.item.truncated')).toHaveLength(1)
  expect(cutMs).toBeGreaterThan(500)
  expect(session.conversation.find(String(truncate?.event.item_id))).toMatchObject({
    audioMs: cutMs,
    truncated: true,
  })

  expect(bridge.facts.filter(({ error }) => error !== undefined)).toEqual([])
  expect(bridge.facts.some(({ interrupted }) => interrupted)).toBe(true)
  expect(model.debugger.entries).toEqual([])
  expect(carrier.debugger.entries).toEqual([])
})
