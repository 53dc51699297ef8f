import { useNats } from '@toritsugi/testkit'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'

const nats = await useNats()
const stage = await openStage(nats.url, { env: { STOP_GRACE_MS: '500' } })
afterAll(() => stage.close())
afterEach(() => {
  stage.plan = {}
  stage.model.faults.clear()
  stage.carrier.faults.clear()
})

/** The session of the model that was opened last. */
const session = () => stage.model.sessions.at(-1) ?? expect.fail('no session')

describe('the model', () => {
  it('refuses the full plan: a minimal one does', async () => {
    stage.model.faults.add({ kind: 'refuse-update', code: 'unknown_parameter', param: 'session.reasoning' })
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    const opened = await call.waitForFact('session.opened')
    expect(opened.data).toMatchObject({ minimal: true, attempt: 1 })
    expect(session().log.of('client', 'session.update')).toHaveLength(2)
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })

  it('refuses every plan: the reason is committed, then the stream is closed', async () => {
    stage.model.faults.add({ kind: 'refuse-update', times: 'always' })
    const call = stage.dial()
    const ended = await call.waitForFact('stream.ended')
    expect(ended.data.because).toBe('closed')
    expect(call.intents).toEqual([{ epoch: 1, what: 'conference', reason: 'model-refused' }])
    expect(await call.phone.waitForEnd()).toBe('other-side')
  })

  it('is not to be had: tried twice, then the reason is committed', async () => {
    stage.model.faults.add({ kind: 'refuse-upgrade', status: 503, times: 'always' })
    const call = stage.dial()
    await call.waitForFact('stream.ended')
    expect(call.told('session.lost')).toHaveLength(2)
    expect(call.intents).toEqual([{ epoch: 1, what: 'conference', reason: 'model-unavailable' }])
    await call.phone.waitForEnd()
  })

  it('does not take the key: tried once', async () => {
    stage.model.faults.add({
      kind: 'refuse-session',
      code: 'invalid_api_key',
      closeCode: 3000,
      times: 'always',
    })
    const call = stage.dial()
    await call.waitForFact('stream.ended')
    expect(call.told('session.lost')).toHaveLength(1)
    await call.phone.waitForEnd()
  })

  it('drops in the middle: another session is told what was said, and the caller hears one phrase', async () => {
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('My name is Aiko')
    await call.phone.waitToHear(/I see: My name is Aiko/)
    await call.waitForFact('turn.transcribed')
    session().drop()
    await call.phone.waitToHear(/Sorry, I am back/)
    expect(call.told('session.opened').map(({ data }) => data.attempt)).toEqual([1, 2])
    await call.phone.say('What did I say')
    await call.phone.waitToHear(/You said: .*My name is Aiko/)
    expect(call.phone.heardText()).not.toMatch(/bakery.*bakery/)
    // A second loss so soon is not mended here: the next stream may.
    session().drop()
    await call.waitForFact('stream.ended')
    expect(call.intents).toEqual([{ epoch: 1, what: 'move', reason: 'model-lost' }])
    await call.phone.waitForEnd()
  })

  it('fails a response: it is asked for again', async () => {
    stage.model.faults.add({ kind: 'fail-response', response: 1, code: 'server_error' })
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })

  it('says things nobody knows, and nothing breaks', async () => {
    stage.model.switches.unknownEvents = true
    stage.model.switches.conversationCreated = true
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Hello there')
    await call.phone.waitToHear(/How can I help you/)
    stage.model.switches.unknownEvents = false
    stage.model.switches.conversationCreated = false
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })

  it('never writes the words down: said so when the call is over', async () => {
    stage.model.faults.add({ kind: 'late-transcription', ms: 60_000, times: 'always' })
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Nobody will read this')
    await call.phone.waitToHear(/I see/)
    call.phone.hangUp()
    const ended = await call.waitForFact('stream.ended')
    const unheard = call.told('turn.unheard-text')
    expect(unheard.map(({ data }) => data.because)).toEqual(['transcription-missing'])
    expect(ended.data.turns).toContain(unheard[0]?.data.turnId)
    expect(call.told('usage.estimated').map(({ data }) => data.kind)).toEqual(['transcription'])
  })

  it('cannot write the words down', async () => {
    stage.model.faults.add({ kind: 'fail-transcription', times: 'always' })
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Nobody can read this')
    const unheard = await call.waitForFact('turn.unheard-text')
    expect(unheard.data.because).toBe('transcription-failed')
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })
})

describe('the carrier', () => {
  it('loses the stream: the next one goes on where the last one ended', async () => {
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('My name is Kenji')
    await call.phone.waitToHear(/My name is Kenji/)
    call.continues.push('reconnect')
    call.dialogue.push({ kind: 'assistant', text: 'Hello.' }, { kind: 'caller', text: 'My name is Kenji' })
    stage.carrier.faults.loseStream(call.phone.callSid)
    const lost = await call.waitForFact('stream.ended')
    expect(lost.data).toMatchObject({ epoch: 1, because: 'lost' })
    await call.phone.waitToHear(/Sorry, I am back/)
    await call.phone.say('What did I say')
    await call.phone.waitToHear(/My name is Kenji/)
    expect(call.told('stream.started').map(({ data }) => data.epoch)).toEqual([1, 2])
    expect(call.told('stream.started').map(({ source }) => source)).toEqual([
      '/media-bridge/1',
      '/media-bridge/2',
    ])
    call.phone.hangUp()
    await call.waitForFact('stream.ended', ({ epoch }) => epoch === 2)
  })

  it('sends nothing while the caller is silent: turns end all the same', async () => {
    const call = stage.dial({ faults: [{ type: 'dtx' }] })
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Do you hear me')
    await call.phone.waitToHear(/I see: Do you hear me/)
    await call.phone.say('And now')
    await call.phone.waitToHear(/I see: And now/)
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
    expect(await stage.metrics()).toMatch(/toritsugi_bridge_silence_ms_total\{[^}]*\} [1-9]/)
  })

  it('loses every third mark: what was heard is known all the same', async () => {
    const call = stage.dial({ faults: [{ type: 'lost-marks', every: 3 }] })
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Tell me something')
    await call.phone.waitToHear(/I see: Tell me something/)
    const heard = await call.waitForFact('turn.ended', ({ text }) => text?.startsWith('I see') === true)
    expect(heard.data).toMatchObject({ interrupted: false, text: 'I see: Tell me something' })
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })
})

describe('the caller', () => {
  it('hangs up in the middle of a sentence: told how far it was heard', async () => {
    stage.model.setBrain([
      {
        when: { heard: /story/ },
        say: 'Once upon a time there was a mill by a wide river, and a miller with seven cats who lived in it.',
      },
      { when: { any: true }, say: 'All right.' },
    ])
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('A story')
    await call.phone.waitToHear(/a mill/)
    call.phone.hangUp()
    const ended = await call.waitForFact('stream.ended')
    const last = call.told('turn.ended').at(-1)?.data
    expect(last).toMatchObject({ by: 'assistant', interrupted: true, approximate: true })
    expect(last?.text).toMatch(/^Once upon a time/)
    expect(last?.text).not.toMatch(/cats/)
    expect(ended.data.because).toBe('stop')
    expect(ended.data.turns).toHaveLength(call.told('turn.started').length)
  })

  it('says nothing: asked again, then told goodbye', async () => {
    stage.plan = { callerSilence: { repromptAfterMs: 1500, reprompts: 1 } }
    const call = stage.dial()
    const greeted = await call.phone.waitToHear(/bakery/)
    const asked = await call.phone.waitToHear(/Are you still there/)
    expect(asked.startMs - greeted.endMs).toBeGreaterThan(1400)
    await call.phone.waitToHear(/Goodbye then/)
    expect(await call.phone.waitForEnd()).toBe('other-side')
    expect(call.intents).toEqual([{ epoch: 1, what: 'end', reason: 'caller-silent' }])
  })

  it('presses keys: the model is told, and the turn has the form of keys', async () => {
    stage.model.setBrain([
      { when: { text: /keys/ }, say: 'You pressed: {text}' },
      { when: { any: true }, say: 'Yes.' },
    ])
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    call.phone.press('12#')
    await call.phone.waitToHear(/You pressed: .*12#/)
    const turn = await call.waitForFact('turn.ended', ({ form }) => form === 'keys')
    expect(turn.data).toMatchObject({ by: 'caller', text: '12#' })
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })
})

describe('tools', () => {
  it('that take long are bridged, and answered once', async () => {
    stage.model.setBrain([
      { when: { heard: /bread/ }, call: { name: 'look-up' } },
      { when: { trigger: 'tool' }, say: 'The shop says: {toolOutput}' },
    ])
    let asked = 0
    let letGo = () => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    stage.tools['look-up'] = async () => {
      asked++
      await gate
      return { outcome: 'done', output: 'seven loaves', next: { what: 'talk-on' } }
    }
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('How much bread')
    await call.phone.waitToHear(/One moment please/)
    letGo()
    await call.phone.waitToHear(/The shop says: seven loaves/)
    expect(asked).toBe(1)
    expect(call.told('tool.called')).toHaveLength(1)
    expect(call.told('tool.answered')[0]?.data).toMatchObject({ outcome: 'done', output: 'seven loaves' })
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
  })

  it('that end the call after the assistant said goodbye ask for no second one', async () => {
    stage.model.setBrain([
      { when: { heard: /bye/ }, say: 'Thank you and see you soon.', call: { name: 'end-call' } },
      { when: { any: true }, say: 'Yes.' },
    ])
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('bye bye')
    expect(await call.phone.waitForEnd()).toBe('other-side')
    expect(call.phone.heardText()).toMatch(/see you soon\.$/)
    expect(call.intents).toEqual([{ epoch: 1, what: 'end', reason: 'assistant-ended' }])
  })

  it('that end the call in silence are followed by a goodbye, heard to its end whoever speaks', async () => {
    stage.model.setBrain([
      { when: { heard: /bye/ }, call: { name: 'end-call' } },
      { when: { any: true }, say: 'Yes.' },
    ])
    stage.tools['end-call'] = () => ({
      outcome: 'done',
      output: '{}',
      next: { what: 'end-call', farewell: 'It was a pleasure to talk with you today, goodbye.' },
    })
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('bye bye')
    await call.phone.waitToHear(/It was a pleasure/)
    await call.phone.say('And one more thing')
    expect(await call.phone.waitForEnd()).toBe('other-side')
    expect(call.phone.heardText()).toMatch(/goodbye\.$/)
    const goodbye = call.told('turn.ended').find(({ data }) => data.text?.includes('pleasure'))
    expect(goodbye?.data.interrupted).toBe(false)
    delete stage.tools['end-call']
  })
})
